"""z, C2ST, matching and the whole comparison, on synthetic music."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest

from music import vocabulary as vo
from music.errors import MusicError
from music.metrics import comparison
from music.metrics.comparison import (
    CAP,
    c2st,
    compare_windows,
    folds_of,
    match_strata,
    sample_windows,
    split_halves,
    z_score,
    z_terms,
)
from music.metrics.formulas import COLUMN, METRICS, NAMES, measure
from music.metrics.references import references, uniform
from music.metrics.report import HELD_OUT, ComparisonReport, report_from_json, report_table, targets
from music.windows import Windows, empty_windows, join_windows
from tests.music.metrics.scenes import tunes, window

WRITES = np.ones(len(METRICS), bool)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "TREES", 8)


@pytest.fixture(scope="module")
def report() -> ComparisonReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "TREES", 8)
        train = tunes(300, 1)
        held_out = tunes(100, 2, first_piece=1000)
        return compare_windows(references(train, 200, 7), held_out, train, seed=3)


def test_z_of_held_out_against_itself_is_zero() -> None:
    values = measure(tunes(30, 1))
    assert z_score(values, values) == 0.0
    assert z_score(measure(tunes(30, 2)), values) > 0.0


def column(*values: float) -> np.ndarray:
    """Values of one metric; all other columns are empty."""
    rows = np.full((len(values), len(METRICS)), np.nan)
    rows[:, 0] = values
    return rows


def test_z_is_the_distance_of_the_means_in_deviations_of_held_out() -> None:
    assert z_score(column(3.0, 5.0), column(0.0, 4.0)) == pytest.approx((4 - 2) / 2)
    assert z_score(column(100.0), column(0.0, 4.0)) == CAP


def test_z_where_held_out_does_not_vary_takes_the_rows_own_deviation() -> None:
    assert z_score(column(0.0, 2.0), column(0.0, 0.0)) == pytest.approx(1.0)
    assert z_score(column(1.0, 1.0), column(0.0, 0.0)) == CAP
    assert z_score(column(0.0, 0.0), column(0.0, 0.0)) == 0.0
    assert z_score(column(0.3, 0.3, 0.3), column(0.1 + 0.2, 0.3, 0.3)) == 0.0, "rounding is no difference"


def test_a_voice_not_written_is_left_out_and_a_silent_one_costs() -> None:
    real = measure(tunes(20, 1))
    none = z_terms(np.full_like(real, np.nan), real, ~WRITES)
    assert np.isnan(none).all()
    mute = z_terms(np.full_like(real, np.nan), real, WRITES)
    assert set(mute[~np.isnan(real).all(axis=0)]) == {CAP}


def test_the_forest_cannot_distinguish_halves_of_the_same_music() -> None:
    values = measure(tunes(240, 4, per_piece=1))
    first, second = values[:120], values[120:]
    apart = c2st(first, second, np.arange(120), np.arange(120), 0)
    assert 0.35 < apart < 0.65
    shifted = second.copy()
    shifted[:, COLUMN["mean_pitch_melody"]] += 12
    assert c2st(first, shifted, np.arange(120), np.arange(120), 0) > 0.9


def test_windows_of_a_piece_in_both_folds_give_a_piece_away() -> None:
    # Ten pieces per side, each with its own level, from the same distribution: only memorising pieces helps.
    rng = np.random.default_rng(0)
    piece = np.repeat(np.arange(10), 20)
    sides = [rng.normal(0, 1, 10)[piece, None] + rng.normal(0, 0.01, (200, 3)) for _ in range(2)]
    assert c2st(sides[0], sides[1], piece, piece, 0) < 0.7
    assert c2st(sides[0], sides[1], np.arange(200), np.arange(200), 0) > 0.9


def test_groups_stay_in_one_fold_and_folds_are_even() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 30, 300)
    folds = folds_of(groups, rng)
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in range(30))
    assert np.bincount(folds).max() - np.bincount(folds).min() < 30


def test_too_few_windows_or_pieces_give_no_accuracy() -> None:
    values = measure(tunes(40, 1))
    alone = np.arange(40)
    assert np.isnan(c2st(values[:9], values[:9], alone[:9], alone[:9], 0))
    assert np.isnan(c2st(values, values, alone // 10, alone, 0)), "four pieces cannot fill five folds"
    assert not np.isnan(c2st(values, values, alone // 8, alone, 0))


def make_up(windows: Windows) -> dict[tuple[int, int, int], int]:
    keys = zip(windows.style.tolist(), windows.mode.tolist(), windows.voices.tolist())
    found: dict[tuple[int, int, int], int] = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


def muted(windows: Windows, *voices: str) -> Windows:
    bits = np.full(len(windows), sum(vo.VOICE_BIT[voice] for voice in voices), np.uint8)
    return comparison._mute_voices(windows, bits)


def test_a_matched_row_has_the_make_up_of_held_out() -> None:
    like = join_windows([tunes(30, 1, styles=1), muted(tunes(15, 2, styles=2), "melody")])
    row = tunes(400, 3)
    assert make_up(row) != make_up(like)
    found = match_strata(row, like, 0)
    assert make_up(found.windows) == make_up(like)
    assert (found.repeats, found.strangers) == (0, 0)
    assert len(np.unique(found.source)) == len(like)


def test_unneeded_voices_are_muted_and_exact_sets_preferred() -> None:
    like = muted(tunes(10, 1, styles=1), "melody")
    found = match_strata(tunes(100, 2, styles=1), like, 0).windows
    assert not found.bass.any()
    assert found.melody.any()
    assert set(found.voices.tolist()) == {vo.VOICE_BIT["melody"]}
    exact = muted(tunes(100, 3, styles=1), "melody")
    both = join_windows([tunes(100, 2, styles=1), exact])
    assert (match_strata(both, like, 0).source >= 100).all()


def test_a_row_without_drums_needs_none() -> None:
    found = match_strata(muted(tunes(100, 1), "melody", "harmony", "bass"), tunes(20, 2), 0)
    assert found.strangers == 0
    assert not found.windows.having("drums").any()


def test_a_small_row_repeats_windows_and_another_style_counts_as_stranger() -> None:
    like = tunes(40, 1, styles=1)
    small = match_strata(tunes(10, 2, styles=1), like, 0)
    assert len(small.windows) == 40
    assert small.repeats == 30
    other = replace(tunes(100, 2, styles=1), style=np.full(100, 3, np.uint8))
    assert match_strata(other, like, 0).strangers == 40


def test_style_shares_can_be_set() -> None:
    windows = tunes(200, 1)
    found = sample_windows(windows, 100, 0, {"arcade": 3, "chorale": 1})
    assert [(found.style == style).sum() for style in (0, 1)] == [75, 25]
    with pytest.raises(MusicError, match="expected shares of arcade, chorale"):
        sample_windows(windows, 100, 0, {"jazz": 1})
    with pytest.raises(MusicError, match="found none"):
        sample_windows(windows, 100, 0, {"folk": 1})


def test_halves_share_no_piece() -> None:
    windows = tunes(100, 1, per_piece=5)
    first, second = split_halves(windows, 0)
    assert not set(windows.piece[first].tolist()) & set(windows.piece[second].tolist())
    assert abs(int(first.sum()) - 50) <= 5
    assert (first ^ second).all()


def test_real_music_is_nearest_and_random_tokens_farthest(report: ComparisonReport) -> None:
    for rows in report.scopes.values():
        z = {name: row.z for name, row in rows.items()}
        assert z[HELD_OUT] == 0.0
        assert z["train"] < z["markov"] < z["random"]
        assert rows["train"].c2st < 0.7 < rows["random"].c2st
        assert rows["shuffled"].c2st > rows["train"].c2st


def test_scopes_are_overall_and_the_styles_of_held_out(report: ComparisonReport) -> None:
    assert list(report.scopes) == ["overall", "arcade", "chorale"]
    assert all(
        list(rows) == [HELD_OUT, "train", "markov", "shuffled", "random"] for rows in report.scopes.values()
    )


def test_a_copied_melody_is_seen(report: ComparisonReport) -> None:
    assert report.row("shuffled").copies == 1.0, "its melodies are training melodies"
    assert report.row("markov").copies == 0.0


def test_json_there_and_back(report: ComparisonReport) -> None:
    text = report.text()
    again = report_from_json(json.loads(text))
    assert again.text() == text
    assert json.loads(text)["schema"] == 1
    assert "NaN" not in text
    assert list(again.row("train").means) == list(NAMES)


@pytest.mark.parametrize(
    "data", [None, [], {"schema": 2}, {"schema": 1}, {"schema": 1, "scopes": {"overall": 3}}]
)
def test_json_of_something_else_is_refused(data: object) -> None:
    with pytest.raises(MusicError, match="metrics report"):
        report_from_json(data)


def test_a_seed_gives_the_same_report() -> None:
    train, held_out = tunes(60, 1), tunes(40, 2, first_piece=500)

    rows = {"train": train, "random": uniform(train, 60, 0)}

    def once(seed: int) -> str:
        return compare_windows(rows, held_out, train, seed, scopes=["overall"]).text()

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_targets_are_met_by_training_music_and_missed_by_random_tokens(report: ComparisonReport) -> None:
    train = {target.name: target for target in targets(report, "train")}
    assert all(
        train[name].met for name in ("z", "c2st", "c2st_mixed", "fragmented_notes_melody", "self_overlap")
    )
    made = {target.name: target for target in targets(report, "random")}
    assert not any(
        made[name].met for name in ("z", "c2st", "used_pitch_classes_melody", "qualified_notes_melody")
    )
    assert made["z"].limit == pytest.approx(max(0.15, 2 * report.row("train").z))
    assert made["z"].train == train["z"].value


def test_a_figure_that_does_not_exist_meets_no_target() -> None:
    train, held_out = tunes(60, 1), tunes(40, 2, first_piece=500)
    silent = replace(train, melody=np.zeros_like(train.melody))
    found = compare_windows({"train": train, "silent": silent}, held_out, train, scopes=["overall"])
    missed = {target.name for target in targets(found, "silent") if not target.met}
    assert {"z", "qualified_notes_melody", "nearest", "self_overlap"} <= missed


def test_an_unknown_row_or_scope_is_named(report: ComparisonReport) -> None:
    with pytest.raises(MusicError, match=r"expected held-out, train, markov.*found 'gan'"):
        targets(report, "gan")
    with pytest.raises(MusicError, match="expected overall, arcade, chorale, found 'folk'"):
        report.row("train", "folk")


def test_an_empty_row_is_refused() -> None:
    some = window([(0, 4, 60)])
    with pytest.raises(MusicError, match="row gan: expected windows"):
        compare_windows({"gan": empty_windows(0)}, some, some)
    with pytest.raises(MusicError, match="row held-out: expected windows"):
        compare_windows({}, empty_windows(0), some)


def test_the_table_shows_every_row(report: ComparisonReport) -> None:
    from rich.console import Console

    console = Console(width=220, record=True, file=StringIO())
    console.print(report_table(report, "arcade"))
    text = console.export_text()
    for name in report.scopes["arcade"]:
        assert name in text
    assert "C2ST" in text
