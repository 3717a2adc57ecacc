"""Building a corpus: the folder is valid and reproducible, and an interrupted run loses nothing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from music import vocabulary as vo
from music.corpus import reading
from music.corpus.build import CACHE, build_corpus, windows_name
from music.corpus.manifest import NAME, Manifest, manifest_to_json, read_manifest
from music.corpus.progress import corpus_progress
from music.corpus.score import Score
from music.corpus.sources import COLLECTIONS, SourceFile, folder_midi_files
from music.corpus.split import SPLITS
from music.errors import CorpusError
from music.windows import Windows, join_windows, read_windows
from tests.music.corpus.scores import part, repeated, score
from tests.music.midi_files import song

FILES = (NAME, *(windows_name(split) for split in SPLITS))


@pytest.fixture
def songs(tmp_path: Path) -> list[SourceFile]:
    """Forty pieces, one of them twice, and one that is not MIDI."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for index in range(40):
        (folder / f"{index:02}.mid").write_bytes(song(6, seed=index, shift=index % 12))
    (folder / "again.mid").write_bytes(song(6, seed=3, shift=5))
    (folder / "broken.mid").write_bytes(b"MThd and no more")
    return folder_midi_files(folder)


def all_windows(out: Path) -> dict[str, Windows]:
    return {split: read_windows(out / windows_name(split)) for split in SPLITS}


def test_a_folder_of_songs_becomes_a_corpus(songs: list[SourceFile], tmp_path: Path) -> None:
    manifest = build_corpus(tmp_path / "corpus", songs)
    windows = all_windows(tmp_path / "corpus")
    assert read_manifest(tmp_path / "corpus") == manifest
    assert manifest.vocabulary_hash == vo.vocabulary_hash()
    assert len(manifest.pieces) == 41
    assert manifest.dropped == {"pieces: cannot be read": 1}
    assert manifest.left_out == (
        (
            "own/broken.mid",
            "broken.mid: expected a header of 6 bytes or more inside the file, found 543256164",
        ),
    )
    row = manifest.collections["own"]
    assert row["unique"] == sum(len(part) for part in windows.values()) == sum(row[split] for split in SPLITS)
    assert row["windows"] - row["unique"] >= 3  # the repeated song
    for split, part_of in windows.items():
        assert {manifest.pieces[number - 1].split for number in part_of.piece.tolist()} == {split}


def test_no_piece_and_no_window_is_in_two_splits(songs: list[SourceFile], tmp_path: Path) -> None:
    build_corpus(tmp_path / "corpus", songs)
    windows = all_windows(tmp_path / "corpus")
    pieces = [set(part.piece.tolist()) for part in windows.values()]
    assert sum(map(len, pieces)) == len(set.union(*pieces))
    every = join_windows(list(windows.values()))
    rows = np.concatenate([every.melody, every.bass, every.chords, every.drums], 1)
    assert len(np.unique(rows, axis=0)) == len(rows)
    doubled = np.concatenate([rows, rows[:1]])
    assert len(np.unique(doubled, axis=0)) < len(doubled)


def test_equal_sources_give_equal_bytes(songs: list[SourceFile], tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    hashes = {build_corpus(one, songs).corpus_hash, build_corpus(two, songs).corpus_hash}
    assert len(hashes) == 1
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    fewer = build_corpus(tmp_path / "three", songs[:-3])
    assert fewer.corpus_hash not in hashes


class Parser:
    """Replaces music21: counts the parsed files, and can be interrupted."""

    def __init__(self) -> None:
        self.parsed: list[str] = []
        self.stop_at = ""

    def __call__(self, path: Path) -> list[tuple[str, Score]]:
        if path.name == self.stop_at:
            raise KeyboardInterrupt
        self.parsed.append(path.name)
        seed = int(path.stem)
        tune = [72 + (seed * step * step + step) % 12 for step in range(1, 30)]
        return [("1", score(part(repeated(tune, 0.5, 6)), bars=6, sharps=0))]


@pytest.fixture
def tunes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[SourceFile], Parser]:
    parser = Parser()
    monkeypatch.setattr("music.corpus.scores21.scores_of_file", parser)
    files = []
    for index in range(6):
        path = tmp_path / f"{index}.abc"
        path.write_text(f"tune {index}")
        files.append(SourceFile(COLLECTIONS["ryan"], path.name, 10, path=path))
    return files, parser


def test_an_interrupted_run_continues_where_it_stopped(
    tunes: tuple[list[SourceFile], Parser], tmp_path: Path
) -> None:
    files, parser = tunes
    parser.stop_at = "3.abc"
    with pytest.raises(KeyboardInterrupt):
        build_corpus(tmp_path / "corpus", files)
    parser.stop_at = ""
    manifest = build_corpus(tmp_path / "corpus", files)
    assert parser.parsed == ["0.abc", "1.abc", "2.abc", "3.abc", "4.abc", "5.abc"]
    assert manifest == build_corpus(tmp_path / "elsewhere", files)
    assert len(parser.parsed) == 12


@pytest.mark.parametrize(
    "damage", [b"", b"[[", b"[1]", b'[["1", {"parts": 3}]]', b"{}", b'[["1",{"parts":[]}]]']
)
def test_a_damaged_cache_is_replaced(
    tunes: tuple[list[SourceFile], Parser], tmp_path: Path, damage: bytes
) -> None:
    files, parser = tunes
    whole = build_corpus(tmp_path / "corpus", files)
    victim = sorted((tmp_path / "corpus" / CACHE).iterdir())[0]
    victim.write_bytes(damage)
    assert build_corpus(tmp_path / "corpus", files) == whole
    assert len(parser.parsed) == 7


def test_a_changed_source_is_read_again(tunes: tuple[list[SourceFile], Parser], tmp_path: Path) -> None:
    files, parser = tunes
    build_corpus(tmp_path / "corpus", files)
    assert files[2].path is not None
    files[2].path.write_text("another tune")
    build_corpus(tmp_path / "corpus", files)
    assert parser.parsed[6:] == ["2.abc"]


def test_progress_counts_bytes_to_the_end(songs: list[SourceFile], tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    build_corpus(tmp_path / "corpus", songs, lambda *step: seen.append(step))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1] == ("", seen[0][2], sum(file.size for file in songs))
    console = Console(width=120, force_terminal=True, record=True, file=(tmp_path / "bar").open("w"))
    with corpus_progress(console) as report:
        report("freedoom1/D_E1M1", 1000, 2000)
        report("", 2000, 2000)
    assert "writing" in console.export_text()


def test_sources_without_music_are_refused(songs: list[SourceFile], tmp_path: Path) -> None:
    broken = [file for file in songs if file.label == "broken.mid"]
    with pytest.raises(CorpusError, match="expected pieces with at least 4 usable bars"):
        build_corpus(tmp_path / "corpus", broken)


def test_a_folder_that_cannot_be_made_is_refused(songs: list[SourceFile], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CorpusError, match="cannot be made"):
        build_corpus(tmp_path / "taken", songs)


@pytest.fixture
def manifest(songs: list[SourceFile], tmp_path: Path) -> Manifest:
    return build_corpus(tmp_path / "corpus", songs[:9])


DAMAGES = {
    "expected JSON": lambda data: "{",
    "expected format": lambda data: json.dumps({**data, "format": "other"}),
    "build the corpus again": lambda data: json.dumps({**data, "vocabulary_hash": "0" * 16}),
    "fields of a corpus manifest": lambda data: json.dumps(
        {**data, "pieces": [{"id": "x", "split": "train", "mode": "major"}]}
    ),
    "energy": lambda data: json.dumps({**data, "energy": {"melody+bass": [2, 1]}}),
    "known split": lambda data: json.dumps({**data, "pieces": [{**data["pieces"][0], "split": "exam"}]}),
}


@pytest.mark.parametrize("said", DAMAGES)
def test_a_damaged_manifest_is_refused(manifest: Manifest, tmp_path: Path, said: str) -> None:
    path = tmp_path / "corpus" / NAME
    path.write_text(DAMAGES[said](json.loads(path.read_text())))
    with pytest.raises(CorpusError) as refusal:
        read_manifest(tmp_path / "corpus")
    assert said in str(refusal.value)
    path.write_text(manifest_to_json(manifest))
    assert read_manifest(tmp_path / "corpus") == manifest


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="`music corpus` makes it"):
        read_manifest(tmp_path)


def test_titles_fit_a_line(tunes: tuple[list[SourceFile], Parser], tmp_path: Path) -> None:
    files, parser = tunes
    long = replace(parser(files[0].path or tmp_path)[0][1], title="tune\n" * 99)
    pieces = [reading.SourcePiece("ryan/x", "0" * 64, files[0], long)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("music.corpus.build.read_pieces", lambda file, cache: pieces)
        title = build_corpus(tmp_path / "corpus", files[:1]).pieces[0].title
    assert title == ("tune" * 99)[:120]
