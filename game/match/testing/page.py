"""The report of a level test as one page of HTML that needs nothing else: no script, no font, no file beside it.

Pictures come as data in the page; replays lie beside it and are named with the command that plays them. Every text is escaped,
whoever wrote it: a level's title is a stranger's.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from game.core import rules
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, WARNING
from game.match.testing.examples import (
    BANKS,
    CONTACT,
    FASTEST,
    FAVOURED,
    LONGEST,
    LOSS,
    STALEMATE,
    WIN,
    Example,
)
from game.match.testing.figures import NOBODY, LevelStats, Proportion
from game.match.testing.findings import SOUND, Finding, ground_name
from game.match.testing.grade_words import grade_sentence
from game.match.testing.maps import (
    MAP_CONTACT,
    MAP_CRUMBLED,
    MAP_DRIVEN_0,
    MAP_DRIVEN_1,
    MAP_KILLED_0,
    MAP_KILLED_1,
    MAP_RARE,
    MAP_RICOCHETS,
    MAP_STRUCK,
)
from game.match.testing.measuring import LevelMatches
from game.match.testing.messages import say, who
from game.match.testing.page_style import STYLE
from game.match.testing.seating import BRAIN
from safefiles.messages import CHINESE, in_language
from safefiles.text import clean, distinct_names, number_repeats

SHOWS: Final = {
    WIN: "show_win",
    LOSS: "show_loss",
    STALEMATE: "show_stalemate",
    FAVOURED: "show_favoured",
    FASTEST: "show_fastest",
    LONGEST: "show_longest",
    BANKS: "show_banks",
    CONTACT: "show_contact",
}
SHOWN_BY: Final = {  # which replay shows what a map counts
    MAP_DRIVEN_0: WIN,
    MAP_DRIVEN_1: LOSS,
    MAP_KILLED_0: LOSS,
    MAP_KILLED_1: WIN,
    MAP_STRUCK: LONGEST,
    MAP_RICOCHETS: BANKS,
    MAP_CRUMBLED: LONGEST,
    MAP_CONTACT: CONTACT,
    MAP_RARE: LONGEST,
}
FINDING_SHOWN_BY: Final = {
    "no_end": STALEMATE,
    "run_out": STALEMATE,
    "no_contact": STALEMATE,
    "nobody_wins": LOSS,
    "hardly_won": LOSS,
    "lost_at": LOSS,
    "always_won": WIN,
    SOUND: WIN,
    "unfair": FAVOURED,
    "leaning": FAVOURED,
    "perhaps_leaning": FAVOURED,
    "late_contact": LONGEST,
    "core_untouched": WIN,
    "dead_corner": LONGEST,
    "quiet_corner": LONGEST,
    "never_entered": LONGEST,
}
BARS: Final = 24  # of the histogram of lengths
MOST_NAME: Final = 120  # characters of a level in the index: a title has 60 at most
MOST_PATH: Final = 36  # of them for what tells files apart


@dataclass(frozen=True)
class ReplayFile:
    """A recorded example with its name on the page."""

    example: Example
    link: str  # from the page's folder; empty: the match could not be played the same way again


@dataclass(frozen=True)
class LevelSection:
    """Everything that the page shows for one level."""

    played: LevelMatches
    figures: LevelStats
    findings: Sequence[Finding]
    picture: bytes  # JPEG
    margin: float  # tiles of it around the arena
    maps: Mapping[str, bytes]  # PNG of one pixel a tile, the ring included, by the key of its caption
    replays: Sequence[ReplayFile]


def report_page(sections: Sequence[LevelSection], language: str) -> str:
    """Return the HTML page in a language of `safefiles.messages.LANGUAGES`."""
    said = _Words(language)
    first = sections[0].played
    comma = _comma(language)
    difficulties = comma.join(said.text(name) for name in first.difficulties)
    facts = said("page_facts", matches=len(first.usual), seed=first.seed, difficulties=difficulties)
    body = "".join(_LevelPage(number, section, said).html() for number, section in enumerate(sections, 1))
    index = _index(sections, said) if len(sections) > 1 else ""
    title = said("page_title")
    names = escape(clean(sections[0].played.level.title.text(language), 80)) if len(sections) == 1 else ""
    head = f"<title>{said('of_level', name=title, said=names) if names else title}</title>"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{head}<style>{STYLE}</style></head><body><header><b>Bankshot</b> · {title}"
        f'<p class="dim">{facts}<br>{said("page_panel")}</p></header>\n{index}{body}</body></html>\n'
    )


class _Words:
    """Messages in one language, escaped."""

    def __init__(self, language: str) -> None:
        self.language = language

    def text(self, key: str, **fields: object) -> str:
        return say(key, **fields).text(self.language)

    def __call__(self, key: str, **fields: object) -> str:
        return escape(self.text(key, **fields))


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _worst(findings: Sequence[Finding]) -> str:
    severity = findings[0].severity
    return severity if severity in (ERROR, WARNING) else "fine"


def _mark(finding: Finding) -> str:
    return "fine" if finding.code == SOUND else finding.severity


def _comma(language: str) -> str:
    return "、" if language == CHINESE else ", "


def _percent(share: float, said: _Words) -> str:
    return said("percent", rate=f"{100 * share:.0f}")


def _bar(share: Proportion) -> str:
    """A share and its interval as a drawing 100 wide; the marks are at 5, 50 and 95 %."""
    if not share.of:
        return ""
    low, high = (100 * each for each in share.interval)
    marks = "".join(f'<path class="mark" d="M{x} 0V12"/>' for x in (5, 50, 95))
    return (
        f'<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none">{marks}'
        f'<rect class="range" x="{low:.1f}" y="3" width="{max(high - low, 0.6):.1f}" height="6"/>'
        f'<rect class="rate" x="{max(0.0, 100 * share.rate - 0.6):.1f}" y="1" width="1.2" height="10"/></svg>'
    )


def _index(sections: Sequence[LevelSection], said: _Words) -> str:
    names = _names([section.played.level for section in sections], said.language)
    rows = "".join(
        f'<tr><td><a href="#level{number}">{escape(names[number - 1])}</a></td>'
        f"<td>{_percent(section.figures.won.rate, said)}</td><td>{_bar(section.figures.won)}</td>"
        f'<td class="{_worst(section.findings)}">{escape(section.findings[0].said.text(said.language))}</td></tr>'
        for number, section in enumerate(sections, 1)
    )
    heads = "".join(f"<th>{said(key)}</th>" for key in ("level", "won", "interval", "verdict"))
    return f'<section><table class="wide"><tr>{heads}</tr>{rows}</table></section>\n'


def _names(levels: Sequence[Level], language: str) -> list[str]:
    """Return the levels' names in the index: equal titles with their names, equal names with the parts in which paths differ."""
    titles = [level.title.text(language) for level in levels]
    called = list(zip(titles, (level.name for level in levels), strict=True))
    same = [n for n, level in enumerate(levels) if called.count(called[n]) > 1 and level.source is not None]
    places = distinct_names([levels[n].source or Path() for n in same], MOST_PATH)
    where = dict(zip(same, places, strict=True))
    names = [
        f"{title} · {where.get(n, name)}" if titles.count(title) > 1 else title
        for n, (title, name) in enumerate(called)
    ]
    return number_repeats(names, MOST_NAME)


class _LevelPage:
    """The section of one level."""

    def __init__(self, number: int, section: LevelSection, said: _Words) -> None:
        self.number, self.section, self.said = number, section, said
        self.played, self.figures = section.played, section.figures
        self.level = section.played.level

    def html(self) -> str:
        """Return the section."""
        level = self.level
        tanks = self.said.text("tanks", count=len(level.roster))
        objective = self.said.text(level.objective_name)
        title = level.title.text(self.said.language)
        name = "" if level.name.replace("_", " ").lower() == title.lower() else f"{level.name} · "
        facts = f"{name}{objective} · {level.width}×{level.height} · {tanks}"
        rows, columns = level.height + 2 * self.section.margin, level.width + 2 * self.section.margin
        return (
            f'<section id="level{self.number}"><style>.p{self.number}{{background-image:url('
            f"{_data(self.section.picture, 'jpeg')});aspect-ratio:{columns:.3f}/{rows:.3f}}}</style>"
            f"<h1>{escape(clean(title, 120))}</h1>"
            f'<p class="dim">{escape(clean(facts, 200))}</p>'
            f'{self._verdict()}<div class="two">{self._picture()}<div>{self._findings()}{self._course()}</div></div>'
            f'<div class="two">{self._who_wins()}<div>{self._fairness()}{self._lengths()}</div></div>'
            f"{self._maps()}{self._objects()}{self._replays()}</section>\n"
        )

    def _verdict(self) -> str:
        worst = self.section.findings[0]
        return (
            f'<div class="verdict {_worst(self.section.findings)}">{escape(worst.said.text(self.said.language))}'
            f"{self._see(FINDING_SHOWN_BY.get(worst.code))}</div>"
        )

    def _see(self, kind: str | None) -> str:
        """Return a link to the replay that shows a kind, if there is one."""
        for place, replay in enumerate(self.section.replays, 1):
            if kind in replay.example.kinds and replay.link:
                told = self.said("see_replay", number=place)
                return f' <a class="see" href="#r{self.number}-{place}">{told}</a>'
        return ""

    def _findings(self) -> str:
        rows = "".join(
            f'<li class="{_mark(finding)}"><b>{self.said(_mark(finding))}</b> '
            f"{escape(finding.said.text(self.said.language))}{self._see(FINDING_SHOWN_BY.get(finding.code))}</li>"
            for finding in self.section.findings
        )
        return f'<h2>{self.said("verdict")}</h2><ol class="findings">{rows}</ol>'

    def _svg(self, inside: str) -> str:
        margin = self.section.margin
        box = f"{-margin:.4f} {-margin:.4f} {self.level.width + 2 * margin:.4f} {self.level.height + 2 * margin:.4f}"
        return f'<svg class="map p{self.number}" viewBox="{box}">{inside}</svg>'

    def _picture(self) -> str:
        """The level with a mark for each finding that is somewhere, under the finding's number."""
        marks = []
        for number, finding in enumerate(self.section.findings, 1):
            if not finding.tiles:
                continue
            tiles = "".join(f"M{x} {y}h1v1h-1z" for x, y in finding.tiles)
            x, y = finding.tiles[len(finding.tiles) // 2]
            marks.append(
                f'<path class="at {finding.severity}" d="{tiles}"/><circle class="at {finding.severity}" cx="{x + 0.5}" '
                f'cy="{y + 0.5}" r=".62"/><text x="{x + 0.5}" y="{y + 0.82}">{number}</text>'
            )
        return f"<div>{self._svg(''.join(marks))}</div>"

    def _course(self) -> str:
        figures, said, matches = self.figures, self.said, self.figures.won.of
        low, middle, high = (f"{each:.1f}" for each in figures.seconds)
        banked = round(100 * figures.banked_hits / figures.hits) if figures.hits else 0
        lines = [
            said("length", low=low, middle=middle, high=high) + self._see(FASTEST) + self._see(LONGEST),
            *(
                said(
                    "counted",
                    label=said.text(key),
                    count=share.count,
                    of=share.of,
                    rate=round(100 * share.rate),
                )
                for key, share in (
                    ("stalemates", figures.stalemates),
                    ("draws", figures.draws),
                    ("timed_out", figures.timed_out),
                    ("unhurt", figures.unhurt),
                )
            ),
            said(
                "shots",
                fired=round(figures.shots / matches),
                turned=round(figures.turned / matches),
                share=banked,
            )
            + self._see(BANKS),
        ]
        if figures.contact is not None:
            lines.append(said("contact", seconds=f"{figures.contact:.1f}") + self._see(CONTACT))
        if figures.core_damage is not None:
            lines.append(said("core_damage", share=round(100 * figures.core_damage)))
        if figures.grade is not None:
            told = escape(grade_sentence(self.played, figures.grade).text(said.language))
            lines.insert(0, f'{told} <span class="dim">{said("grade_why")}</span>')
        heading = said("course")
        return f"<h2>{heading}</h2><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"

    def _who_wins(self) -> str:
        figures, said = self.figures, self.said
        rows = [(said("all_players"), figures.won, "all")]
        rows += [
            (said("by_difficulty", name=said.text(name)), share, "")
            for name, share in figures.by_difficulty.items()
        ]
        rows += [
            (said("kind_brain" if kind == BRAIN else "kind_bot"), share, "kind")
            for kind, share in figures.by_kind.items()
        ]
        for player, share in zip(self.played.players, figures.by_player, strict=True):
            name = in_language(who(clean(player.name, 60)), said.language)
            name = said.text("own_brain", name=clean(player.name, 60)) if player.own else name
            seconds = f"{player.policy.delay / rules.TICKS_PER_SECOND:.2f}"
            rows.append((said("delayed", name=name, seconds=seconds), share, ""))
        rows += [(said("by_team", team=team), share, "") for team, share in figures.by_team.items()]
        cells = "".join(_share_row(label, share, style, said) for label, share, style in rows)
        heads = "".join(f"<th>{said(key)}</th>" for key in ("played_by", "won", "interval", "of_matches"))
        see = self._see(WIN) + self._see(LOSS)
        heading = said("who_wins")
        return f"<div><h2>{heading}{see}</h2><table><tr>{heads}</tr>{cells}</table></div>"

    def _fairness(self) -> str:
        side, said = self.figures.first_side, self.said
        heading = said("fairness")
        if side is None:
            told = said("no_fairness")
            return f"<h2>{heading}</h2><p>{told}</p>"
        other = Proportion(side.of - side.count, side.of)
        told = said(
            "fairness_told",
            matches=len(self.played.even),
            zero=side.count,
            one=other.count,
            undecided=self.figures.even_undecided,
        )
        rows = "".join(
            _share_row(escape(ground_name(self.played, team).text(said.language)), share, "", said)
            for team, share in enumerate((side, other))
        )
        return f"<h2>{heading}{self._see(FAVOURED)}</h2><p>{told}</p><table>{rows}</table>"

    def _lengths(self) -> str:
        """The lengths of the usual matches as a histogram, won ones below the others."""
        numbers, own = self.played.usual, self.level.own_team
        results = [self.played.results[n] for n in numbers]
        longest = max(result.seconds for result in results)
        won, other = [0] * BARS, [0] * BARS
        for result in results:
            place = min(BARS - 1, int(BARS * result.seconds / longest)) if longest else 0
            (won if result.winner == own else other)[place] += 1
        most = max(one + two for one, two in zip(won, other, strict=True))
        drawn, start = "", self.said("seconds", seconds=0)
        for place, (one, two) in enumerate(zip(won, other, strict=True)):
            high, low = 50 * one / most, 50 * two / most
            drawn += f'<rect class="won" x="{place * 10}" y="{50 - high:.1f}" width="9" height="{high:.1f}"/>'
            drawn += f'<rect class="other" x="{place * 10}" y="{50 - high - low:.1f}" width="9" height="{low:.1f}"/>'
        return (
            f'<h2>{self.said("lengths")}</h2><p class="dim"><span class="key won"></span>{self.said("lengths_won")} '
            f'<span class="key other"></span>{self.said("lengths_other")}</p>'
            f'<svg class="lengths" viewBox="0 0 {BARS * 10} 62">{drawn}<text x="0" y="60">{start}</text>'
            f'<text class="end" x="{BARS * 10}" y="60">{self.said("seconds", seconds=round(longest))}</text></svg>'
        )

    def _maps(self) -> str:
        shown = "".join(self._map(key, content) for key, content in self.section.maps.items())
        heading = self.said("where")
        return f'<h2>{heading}</h2><div class="maps">{shown}</div>'

    def _map(self, key: str, content: bytes) -> str:
        width, height = self.level.width + 2, self.level.height + 2
        shade = f'<rect class="shade" x="-1" y="-1" width="{width}" height="{height}"/>'
        heat = (
            f'<image x="-1" y="-1" width="{width}" height="{height}" preserveAspectRatio="none" '
            f'href="{_data(content, "png")}"/>'
        )
        caption = self.said(key) + self._see(SHOWN_BY.get(key))
        return f"<figure>{self._svg(shade + heat)}<figcaption>{caption}</figcaption></figure>"

    def _objects(self) -> str:
        level, trace, said = self.level, self.played.trace, self.said
        traced = sum(not sitting.exchanged for sitting in self.played.sittings)
        rows = []
        for number, (spot, taken) in enumerate(zip(level.arena.pickups, trace.pickups, strict=True), 1):
            name = said("numbered", number=number, name=said(rules.PICKUP_NAMES[spot.kind]))
            rows.append((name, (spot.x, spot.y), int(taken[0]), int(taken[1]), ""))
        if level.objective == rules.COLLECT:
            for number, ((x, y), taken, home) in enumerate(
                zip(level.arena.cells, trace.cells, trace.homes, strict=True), 1
            ):
                name = said("numbered", number=number, name=said("energy_cell"))
                rows.append((name, (x, y), int(taken[0]), int(taken[1]), str(int(home.sum()))))
        if not rows:
            return ""
        keys = ["object", "place", "taken_own", "taken_others", "a_match"]
        if level.objective == rules.COLLECT:
            keys.append("cell_home")
        cells = "".join(
            f'<tr class="{"" if own + others else "warning"}"><td>{name}</td><td>({x},{y})</td><td>{own}</td>'
            f"<td>{others}</td><td>{(own + others) / traced:.2f}</td><td>{home}</td></tr>"
            for name, (x, y), own, others, home in rows
        )
        heads = "".join(f"<th>{said(key)}</th>" for key in keys)
        heading = said("objects")
        return f"<h2>{heading}</h2><table><tr>{heads}</tr>{cells}</table>"

    def _replays(self) -> str:
        said = self.said
        if not self.section.replays:
            return ""
        heads = "".join(f"<th>{said(key)}</th>" for key in ("shows", "played_by", "result", "command"))
        rows = "".join(self._replay(place, replay) for place, replay in enumerate(self.section.replays, 1))
        return (
            f'<h2>{said("replays")}</h2><p class="dim">{said("replays_told")}</p>'
            f'<table class="wide"><tr><th></th>{heads}</tr>{rows}</table>'
        )

    def _replay(self, place: int, replay: ReplayFile) -> str:
        said, number = self.said, replay.example.match
        shows = _comma(said.language).join(said(SHOWS[kind]) for kind in replay.example.kinds)
        result = self.played.results[number]
        sitting = self.played.sittings[number]
        brains = dict.fromkeys(policy.brain for policy in self.played.jobs[number].seats)
        players = [self.played.players[sitting.player].name] if sitting.player >= 0 else list(brains)
        player = " / ".join(in_language(who(name), said.language) for name in players)
        key = "result_won" if result.winner == self.level.own_team else "result_lost"
        told = said("result_nobody" if result.winner == NOBODY else key, seconds=f"{result.seconds:.1f}")
        seed = said("match_seed", number=number, seed=self.played.jobs[number].seed)
        if replay.link:
            command = escape(f"bankshot replay play {replay.link}")
            told_how = (
                f'<a href="{escape(quote(replay.link), quote=True)}" download><code>{command}</code></a>'
            )
        else:
            told_how = said("not_repeated")
        name = escape(clean(player, 60))
        return (
            f'<tr id="r{self.number}-{place}"><td><b>{place}</b></td><td>{shows}</td><td>{name}</td>'
            f'<td>{told}<br><span class="dim">{seed}</span></td><td>{told_how}</td></tr>'
        )


def _share_row(label: str, share: Proportion, style: str, said: _Words) -> str:
    if not share.of:
        return f'<tr class="share {style}"><td>{label}</td><td>–</td><td></td><td>0 / 0</td></tr>'
    low, high = share.interval
    return (
        f'<tr class="share {style}"><td>{label}</td><td>{_percent(share.rate, said)}</td>'
        f'<td>{_bar(share)}<span class="dim">{100 * low:.0f}–{100 * high:.0f}</span></td>'
        f"<td>{share.count} / {share.of}</td></tr>"
    )
