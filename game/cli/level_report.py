"""The work of `bankshot levels test`: play the matches, print tables, write the JSON file, the page and its replays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from game.cli.level_choice import LevelSelection
from game.cli.level_grades import grade_facts
from game.core import rules
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.sim.contract import rules_hash
from game.match.brain_library import BrainLibrary, shipped_hashes
from game.match.difficulty import DIFFICULTY_IDS, find_difficulty
from game.match.grading.gradebook import GradeBook
from game.match.replay import SUFFIX as REPLAY_SUFFIX
from game.match.testing.examples import Recording, find_examples, record_examples
from game.match.testing.figures import LevelStats, Proportion, level_stats, to_dict
from game.match.testing.findings import SOUND, Finding, findings_of
from game.match.testing.grade_words import grade_sentence
from game.match.testing.maps import MAP_RARE, NEVER, RARELY, maps_of
from game.match.testing.measuring import LevelMatches, play_levels
from game.match.testing.messages import say, who
from game.match.testing.page import LevelSection, ReplayFile, report_page
from game.match.testing.seating import EVEN_PART, MOST_MATCHES, PanelPlayer, has_even_sides
from game.player.paths import UserFolders
from game.view.heat_map import heat_png, level_jpeg, marked_png, picture_margin
from game.view.palette import DEFAULT, Colour
from safefiles.console import ProgressLabel, echo, make_table, print_table, write_json
from safefiles.messages import LANGUAGES, Message, in_language
from safefiles.targets import check_file, check_folder
from safefiles.text import clean, shown_path
from safefiles.writing import write_atomic, write_text

SCHEMA: Final = 1
MOST_LEVELS: Final = 200  # in one call
MOST_IN_ALL: Final = 1_000_000  # matches in one call
TOGETHER: Final = 16  # levels whose matches run side by side
FOLDER_SUFFIX: Final = "_replays"
WIDTH: Final = 100  # of a table that is not printed to a terminal
MAP_COLOURS: Final[dict[str, Colour]] = {
    "map_driven_0": DEFAULT.teams[0],
    "map_driven_1": DEFAULT.teams[1],
    "map_killed_0": DEFAULT.teams[0],
    "map_killed_1": DEFAULT.teams[1],
    "map_struck": DEFAULT.danger,
    "map_ricochets": (255, 255, 255),
    "map_crumbled": DEFAULT.brick_glow,
    "map_contact": DEFAULT.teams[2],
}
RARE_COLOURS: Final[dict[int, Colour]] = {NEVER: DEFAULT.bad, RARELY: DEFAULT.warning}


@dataclass(frozen=True)
class LevelTestOptions:
    """The options of a call."""

    levels: tuple[str, ...]
    matches: int
    seed: int
    brains: tuple[str, ...]
    difficulties: tuple[str, ...]  # none: all
    json_file: Path | None
    report: Path | None
    language: str
    replays: bool


@dataclass(frozen=True)
class LevelTestResult:
    """One level with its matches, statistics and findings."""

    played: LevelMatches
    figures: LevelStats
    findings: list[Finding]


class LevelTestOutcome(NamedTuple):
    """Result of a call."""

    failed: int  # levels whose verdict is an error
    tested: int
    whole: bool  # whether no level was left out

    @property
    def strict_failure(self) -> Message:
        """The line that ends a strict call."""
        return say("strict_failed", failed=self.failed, tested=self.tested)


def run_test(wish: LevelTestOptions) -> LevelTestOutcome:
    """Test levels; print and write the results.

    Before any match, raises ValueError for invalid options and for too many levels or matches, and WorkFailed for a file that
    cannot be written. Broken levels are reported and left out.
    """
    if wish.language not in LANGUAGES:
        raise ValueError(f"--language: expected {' or '.join(LANGUAGES)}, found {wish.language!r}")
    for name in wish.difficulties:
        find_difficulty(name)
    _check_files(wish)
    folders = UserFolders.find()
    chosen = LevelSelection(wish.levels)
    levels = chosen.levels
    _check_size(levels, wish)
    library = BrainLibrary(folders.brains, cache_dir=folders.cache)
    tested = _play(levels, wish, library)
    tested = _with_grades(tested, GradeBook(folders.cache))
    _tell(tested, wish.language)
    recordings = _recorded(tested, wish, library)
    files = _write_replays(tested, recordings, wish)
    if wish.report is not None:
        sections = [_section(one, replays) for one, replays in zip(tested, files, strict=True)]
        write_text(wish.report, report_page(sections, wish.language))
        echo(say("report_written", path=shown_path(wish.report)).text(wish.language))
    write_json(wish.json_file, {**_content(tested, files, wish), "left_out": chosen.facts()})
    return LevelTestOutcome(
        sum(one.findings[0].severity == ERROR for one in tested), len(tested), chosen.whole
    )


def _check_size(levels: Sequence[Level], wish: LevelTestOptions) -> None:
    if len(levels) > MOST_LEVELS:
        raise ValueError(say("most_levels", most=MOST_LEVELS, found=len(levels)))
    most = min(MOST_MATCHES, MOST_IN_ALL // len(levels))
    if not 1 <= wish.matches <= most:
        raise ValueError(say("most_matches", most=most, found=wish.matches))


def _play(levels: Sequence[Level], wish: LevelTestOptions, library: BrainLibrary) -> list[LevelTestResult]:
    """Play all levels' matches, TOGETHER levels at a time, with a progress bar."""
    difficulties = [name for name in DIFFICULTY_IDS if name in wish.difficulties or not wish.difficulties]
    tested = []
    with _progress(sum(_count(level, wish.matches) for level in levels)) as advance:
        for begin in range(0, len(levels), TOGETHER):
            played = play_levels(
                levels[begin : begin + TOGETHER],
                wish.matches,
                wish.seed,
                library=library,
                brains=wish.brains,
                difficulties=difficulties,
                on_end=advance,
            )
            for each in played:
                figures = level_stats(each)
                tested.append(LevelTestResult(each, figures, findings_of(each, figures)))
    return tested


def _with_grades(tested: Sequence[LevelTestResult], book: GradeBook) -> list[LevelTestResult]:
    """Add the matches to the levels' grades, and return the results with the new grades, which lists show from now on."""
    found = []
    for one in tested:
        if one.figures.grade is not None:
            grade = book.keep(one.played.level, one.played.counts, (one.played.seed,))
            one = replace(one, figures=replace(one.figures, grade=grade))
        found.append(one)
    if any(one.figures.grade is not None for one in found):
        with suppress(OSError):  # the results are printed nevertheless
            book.save()
    return found


def _check_files(wish: LevelTestOptions) -> None:
    if wish.report is None:
        return
    if wish.json_file is not None and wish.json_file.resolve() == wish.report.resolve():
        raise ValueError(say("same_file", path=shown_path(wish.json_file)))
    check_file("--report", wish.report, (".html", ".htm"), strict=True)
    check_folder("--report", _replay_folder(wish.report))


def _replay_folder(report: Path) -> Path:
    return report.with_name(f"{report.stem}{FOLDER_SUFFIX}")


def _count(level: Level, matches: int) -> int:
    """Return how many matches are played on a level."""
    return matches + (-(-matches // EVEN_PART) if has_even_sides(level) else 0)


@contextmanager
def _progress(total: int, label: str = "matches") -> Iterator[Callable[[], None]]:
    columns = (ProgressLabel(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)


def _recorded(
    tested: Sequence[LevelTestResult], wish: LevelTestOptions, library: BrainLibrary
) -> list[list[Recording]]:
    """Play the examples of each level again and record them; none without --report or with --no-replays."""
    if wish.report is None or not wish.replays:
        return [[] for _ in tested]
    examples = [find_examples(one.played, one.figures) for one in tested]
    with _progress(sum(map(len, examples)), "replays") as advance:
        return [
            record_examples(one.played, mine, library, advance)
            for one, mine in zip(tested, examples, strict=True)
        ]


def _write_replays(
    tested: Sequence[LevelTestResult], recordings: Sequence[Sequence[Recording]], wish: LevelTestOptions
) -> list[list[ReplayFile]]:
    """Write the replays into the folder next to the report; return their names."""
    found: list[list[ReplayFile]] = []
    for number, (one, mine) in enumerate(zip(tested, recordings, strict=True), 1):
        files = []
        for place, recording in enumerate(mine, 1):
            assert wish.report is not None
            folder = _replay_folder(wish.report)
            kind = recording.example.kinds[0]
            name = f"{number}-{_plain(one.played.level.name)}-{place}-{kind}{REPLAY_SUFFIX}"
            if recording.data:
                write_atomic(folder / name, recording.data)
            link = f"{folder.name}/{name}" if recording.data else ""
            files.append(ReplayFile(recording.example, link))
        found.append(files)
    return found


def _plain(name: str) -> str:
    """Return a level's name as part of a file name that is valid on every system."""
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name)
    return kept.strip("-")[:40] or "level"


def _section(one: LevelTestResult, replays: Sequence[ReplayFile]) -> LevelSection:
    maps = {
        key: marked_png(counts, RARE_COLOURS) if key == MAP_RARE else heat_png(counts, MAP_COLOURS[key])
        for key, counts in maps_of(one.played).items()
    }
    picture = level_jpeg(one.played.level.arena)
    return LevelSection(one.played, one.figures, one.findings, picture, picture_margin(), maps, replays)


def _tell(tested: Sequence[LevelTestResult], language: str) -> None:
    """Print a table of one level's figures, or one of all levels, and what was found."""
    console_width = None if Console().is_terminal else WIDTH
    if len(tested) == 1:
        print_table(_figures_table(tested[0], language), width=console_width)
    else:
        rows = [
            (
                clean(one.played.level.name, 40),
                say(one.played.level.objective_name),
                *_share_cells(one.figures.won),
                "-" if one.figures.first_side is None else _percent(one.figures.first_side),
                say("seconds", seconds=f"{one.figures.seconds[1]:.0f}"),
            )
            for one in tested
        ]
        headings = ("level", "objective", "won", "interval", "of_matches", "ground", "length_head")
        print_table(_table(headings, rows, language), width=console_width)
    for one in tested:
        name = clean(one.played.level.name, 40) if len(tested) > 1 else ""
        said: list[str] = [
            finding.said
            if finding.code == SOUND
            else say("marked", mark=say(finding.severity), said=finding.said)
            for finding in one.findings
        ]
        if one.figures.grade is not None:
            said.append(grade_sentence(one.played, one.figures.grade))
        for line in said:
            echo(in_language(say("of_level", name=name, said=line) if name else line, language))
    if any(one.figures.grade is not None for one in tested):
        echo(say("grade_why").text(language))


def _figures_table(one: LevelTestResult, language: str) -> Any:
    figures, level = one.figures, one.played.level
    rows: list[tuple[str, Proportion]] = [(say("all_players"), figures.won)]
    rows += [(say("against", name=say(name)), share) for name, share in figures.by_difficulty.items()]
    rows += [(say(f"row_{kind}"), share) for kind, share in figures.by_kind.items()]
    rows += [
        (_player_label(player), share)
        for player, share in zip(one.played.players, figures.by_player, strict=True)
    ]
    if figures.first_side is not None:
        rows.append((say("row_even"), figures.first_side))
    rows += [(say("row_draws"), figures.draws), (say("row_stalemates"), figures.stalemates)]
    low, middle, high = (f"{each:.0f}" for each in figures.seconds)
    contact = "" if figures.contact is None else f"{figures.contact:.1f}"
    caption = say(
        "table_contact" if contact else "table_caption", low=low, middle=middle, high=high, contact=contact
    )
    title = say(
        "table_title",
        name=clean(level.name, 40),
        objective=say(level.objective_name),
        width=level.width,
        height=level.height,
    )
    return _table(
        ("", "share", "interval", "of_matches"),
        [(label, *_share_cells(share)) for label, share in rows],
        language,
        title=title,
        caption=caption,
    )


def _player_label(player: PanelPlayer) -> Message:
    name = player.name if player.own else who(player.name)
    return say("row_player", name=name, seconds=f"{player.policy.delay / rules.TICKS_PER_SECOND:.2f}")


def _table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    language: str,
    *,
    title: str = "",
    caption: str = "",
) -> Any:
    """Return a table in a language; headings are keys of the messages."""
    return make_table(
        [say(key).text(language) if key else "" for key in headings],
        [[in_language(cell, language) for cell in row] for row in rows],
        title=in_language(title, language),
        caption=in_language(caption, language),
        right=True,
    )


def _percent(share: Proportion) -> Message:
    return say("percent", rate=f"{100 * share.rate:.0f}")


def _share_cells(share: Proportion) -> tuple[str, str, str]:
    if not share.of:
        return "-", "-", say("count_of", count=0, of=0)
    low, high = (f"{100 * each:.0f}" for each in share.interval)
    return _percent(share), say("range", low=low, high=high), say("count_of", count=share.count, of=share.of)


def _content(
    tested: Sequence[LevelTestResult], files: Sequence[Sequence[ReplayFile]], wish: LevelTestOptions
) -> dict[str, object]:
    """Return the content of the JSON file."""
    return {
        "schema": SCHEMA,
        "rules": rules_hash(),
        "brains": shipped_hashes(),
        "seed": wish.seed,
        "difficulties": list(tested[0].played.difficulties),
        "levels": [_row(one, mine) for one, mine in zip(tested, files, strict=True)],
    }


def _row(one: LevelTestResult, files: Sequence[ReplayFile]) -> dict[str, object]:
    level, played = one.played.level, one.played
    return {
        "name": level.name,
        "digest": level.digest,
        "title": {"en": level.title.en, "zh": level.title.zh},
        "objective": level.objective_name,
        "width": level.width,
        "height": level.height,
        "verdict": SOUND if one.findings[0].code == SOUND else one.findings[0].severity,
        "findings": [finding.to_dict() for finding in one.findings],
        **to_dict(played, one.figures),
        "author_difficulty": level.author_difficulty,
        "grade": None if one.figures.grade is None else grade_facts(one.figures.grade),
        "maps": {key: counts[1:-1, 1:-1].tolist() for key, counts in maps_of(played).items()},
        "entered": played.trace.entered.tolist(),
        "replays": [
            {
                "shows": list(file.example.kinds),
                "match": file.example.match,
                "seed": played.jobs[file.example.match].seed,
                "seconds": round(played.results[file.example.match].seconds, 2),
                "winner": played.results[file.example.match].winner,
                "file": file.link or None,  # relative to the folder of the page
            }
            for file in files
        ],
    }
