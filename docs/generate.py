"""Write the tables of docs/ from the tables of the code: `python docs/generate.py`; `--check` only looks.

A page marks each table with `<!-- table: NAME -->` … `<!-- end -->`; the text around it is written by hand. The commands and the
programs in `examples/` are shown in the same way.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from game.cli import brain_tables, reference
from game.core import rules
from game.core.levels import schema
from game.core.levels.messages_en import MESSAGES
from game.core.levels.messages_zh import MESSAGES_ZH
from game.core.levels.problems import advice
from game.core.levels.repair import REPAIRS
from game.core.sim import events
from game.core.sim import state as sim_state
from game.core.sim.columns import columns_markdown
from game.core.sim.slots import OBSERVATION_SIZE, slot_table_markdown
from game.env.describe import arguments_markdown, environments_markdown
from game.env.rewards import reward_table_markdown
from game.env.saved import STATE_ARRAYS
from safefiles.messages import CHINESE

DOCS = Path(__file__).resolve().parent
MARKS = re.compile(r"(<!-- table: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def markdown_table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; a vertical bar in a cell is escaped."""
    heads = list(titles)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def tiles() -> str:
    """Every tile and what it does to tanks and shots."""
    answer = {True: "yes", False: "no"}
    rows = ((f"`{t.name}`", answer[t.blocks_tank], answer[t.stops_shot]) for t in rules.TILES)
    return markdown_table(("tile", "blocks tanks", "ends or turns a shot"), rows)


def tanks() -> str:
    """Every tank class in the units a player feels: tiles and seconds."""
    special = {rules.SPECIAL_DASH: "dash", rules.SPECIAL_MINE: "mine", rules.SPECIAL_SHIELD: "shield"}

    def speed(su_per_tick: int) -> str:
        return f"{su_per_tick * rules.TICKS_PER_SECOND / rules.SU_PER_TILE:.1f} tiles/s"

    def seconds(ticks: int) -> str:
        return f"{ticks / rules.TICKS_PER_SECOND:.2g} s"

    rows = (
        (
            f"`{c.name}`",
            speed(c.speed),
            c.armour,
            seconds(c.reload),
            speed(c.shot_speed),
            c.banks,
            c.damage,
            f"{special[c.special]}, every {seconds(c.special_cooldown)}",
        )
        for c in rules.TANK_CLASSES
    )
    titles = ("class", "speed", "armour", "reload", "shot", "banks", "damage", "special")
    return markdown_table(titles, rows)


def pickups() -> str:
    """Every kind of pick-up and what it gives."""

    def seconds(ticks: int) -> str:
        return f"for {ticks / rules.TICKS_PER_SECOND:g} s"

    effects = {
        rules.PICKUP_REPAIR: f"{rules.REPAIR_AMOUNT} hit points, to a damaged tank alone",
        rules.PICKUP_SHIELD: f"a shield {seconds(rules.PICKUP_SHIELD_TICKS)}",
        rules.PICKUP_TRIPLE: f"three shots at a time {seconds(rules.TRIPLE_TICKS)}",
        rules.PICKUP_BANK: f"one more bank for each shot {seconds(rules.BANK_TICKS)}",
        rules.PICKUP_SPEED: f"{rules.SPEED_PERCENT} % of the speed {seconds(rules.SPEED_TICKS)}",
    }
    rows = ((f"`{name}`", effects[kind]) for kind, name in enumerate(rules.PICKUP_NAMES))
    again = f"A taken one is back after {rules.PICKUP_RESPAWN / rules.TICKS_PER_SECOND:g} s.\n"
    return f"{markdown_table(('pick-up', 'gives'), rows)}\n{again}"


def objectives() -> str:
    """Every objective with its respawns and defaults."""

    def respawn(ticks: int) -> str:
        return "never" if ticks == rules.NO_RESPAWN else f"after {ticks / rules.TICKS_PER_SECOND:g} s"

    unit = {rules.DEFEND: "waves", rules.COLLECT: "cells"}
    rows = (
        (
            f"`{o.name}`",
            respawn(o.respawn_own) + (f", {o.lives_own} lives" if o.lives_own else ""),
            respawn(o.respawn_enemy),
            f"{o.default_ticks // rules.TICKS_PER_SECOND} s",
            f"{o.default_goal} {unit[number]}" if number in unit else "",
            f"{rules.CORE_HP} hit points" if number == rules.DEFEND else "",
        )
        for number, o in enumerate(rules.OBJECTIVES)
    )
    titles = ("objective", "team 0 respawns", "the others respawn", "time limit", "goal", "core")
    return markdown_table(titles, rows)


def properties(fields: Iterable[schema.Field]) -> str:
    """The properties of one class of a level file."""

    def values(field: schema.Field) -> str:
        if field.choices:
            return ", ".join(f"`{choice}`" for choice in field.choices)
        if isinstance(field.default, bool):
            return "true, false"
        if isinstance(field.default, int):
            return f"{field.low} to {field.high}"
        return f"at most {field.high} characters"

    def default(field: schema.Field) -> str:
        if field.choices:
            return f"`{field.default}`"
        return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)

    rows = ((f"`{field.name}`", values(field), default(field), field.meaning) for field in fields)
    return markdown_table(("property", "values", "default", "meaning"), rows)


def actions() -> str:
    """The heads of an NPC's action."""
    return markdown_table(("head", "values"), ((f"`{name}`", size) for name, size in rules.ACTION_HEADS))


def slots() -> str:
    """Every slot of an observation."""
    return f"{OBSERVATION_SIZE} numbers in all.\n\n{slot_table_markdown()}"


def event_kinds() -> str:
    """Every event of the core."""
    titles = ("kind", *events.EventKind._fields[1:])
    return markdown_table(titles, ((row[0], f"`{row[1]}`", *row[2:]) for row in events.EVENTS))


EXAMPLES = DOCS.parent / "examples"


def example(file: Path) -> str:
    """A program in `examples/`, or a recipe there, as a block of code."""
    language = {".py": "python", ".toml": "toml"}[file.suffix]
    return f"```{language}\n{file.read_text(encoding='utf-8')}```\n"


def examples() -> dict[str, Callable[[], str]]:
    """Every text file in `examples/`: `own_env.py` as `example-own-env`, `own_env.toml` as `example-own-env-toml`."""
    found = {}
    for file in sorted(EXAMPLES.iterdir()):
        if file.suffix in (".py", ".toml"):
            ending = "" if file.suffix == ".py" else "-toml"
            found[f"example-{file.stem.replace('_', '-')}{ending}"] = partial(example, file)
    return found


def problems() -> str:
    """Every message about a level."""
    codes = ((code, text) for code, text in MESSAGES.items() if code[1:].isdigit())
    rows = ((f"`{code}`", text, advice(code) or "", REPAIRS.get(code, "")) for code, text in codes)
    return markdown_table(("code", "message", "what to do", "`levels repair`"), rows)


REPAIRS_ZH: Final = {  # `REPAIRS` in Chinese
    "E031": "移到最近的空格",
    "E040": "把该格改成地板，或者移动它",
    "E041": "移动后一个",
    "E042": "新增出生点，在 `eliminate` 和 `collect` 中补到与另一方一样多",
    "E043": "补上另一侧有的那一端，或擦除多出的一个",
    "E044": "在防守方附近新增核心，或擦到只剩一个",
    "E045": "补上另一侧有的基地格，或在出生点附近新增一格",
    "E046": "在双方基地之间新增能量块，对称的关卡新增一对",
    "E047": "打通最短的路，或者移动出生点或能量块",
    "E048": "改为 1 队的",
    "E049": "移动后一个",
    "W103": "打通最短的路，或填平这个区域",
    "W105": "其他出生点都有对称的一个时，补上缺少的；不用于生成的关卡",
    "W106": "打通最短的路，或者移动它",
    "W107": "移动后一个出生点",
}


def problems_in_chinese() -> str:
    """The same in Chinese."""
    rows = []
    for code in (key for key in MESSAGES if key[1:].isdigit()):
        todo = advice(code)
        said = todo.text(CHINESE) if todo is not None else ""
        rows.append((f"`{code}`", MESSAGES_ZH[code], said, REPAIRS_ZH[code] if code in REPAIRS else ""))
    return markdown_table(("代码", "消息", "改法", "`levels repair`"), rows)


def cells(rows: list[list[str]]) -> str:
    """Rows, the titles first, as Markdown."""
    return markdown_table(rows[0], rows[1:])


TABLES: dict[str, Callable[[], str]] = {
    "brains": lambda: cells(brain_tables.strengths_table(brain_tables.ENGLISH)),
    "ladder": lambda: cells(brain_tables.difficulties_table("hunter", brain_tables.ENGLISH)),
    "ladder-zh": lambda: cells(brain_tables.difficulties_table("hunter", brain_tables.CHINESE)),
    "brains-zh": lambda: cells(brain_tables.strengths_table(brain_tables.CHINESE)),
    "duels": lambda: cells(brain_tables.duels_table(brain_tables.ENGLISH)),
    "duels-zh": lambda: cells(brain_tables.duels_table(brain_tables.CHINESE)),
    "actions": actions,
    "arguments": arguments_markdown,
    "command-options": reference.options_markdown,
    "commands": reference.overview_markdown,
    "environments": environments_markdown,
    "events": event_kinds,
    "exit-codes": reference.exit_codes_markdown,
    "level-properties": lambda: properties(schema.LEVEL_FIELDS),
    "objectives": objectives,
    "pickup-properties": lambda: properties(schema.PICKUP_FIELDS),
    "pickups": pickups,
    "portal-properties": lambda: properties(schema.PORTAL_FIELDS),
    "problems": problems,
    "problems-zh": problems_in_chinese,
    "rewards": reward_table_markdown,
    "slots": slots,
    "state-engine": lambda: columns_markdown(STATE_ARRAYS.items()),
    "state-world": lambda: columns_markdown((f"world.{field.field}", field) for field in sim_state.FIELDS),
    "spawn-properties": lambda: properties(schema.SPAWN_FIELDS),
    "tanks": tanks,
    "tiles": tiles,
    **examples(),
}


def fill_tables(text: str) -> str:
    """Return a page with every marked table filled from the code; a mark with an unknown table is an error."""

    def table(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise KeyError(f"expected one of {', '.join(sorted(TABLES))} as table, found {match[2]!r}")
        return f"{match[1]}{TABLES[match[2]]()}{match[4]}"

    return MARKS.sub(table, text)


def stale_pages(folder: Path) -> dict[Path, str]:
    """Return the pages of `folder` that differ from the code, with the text they should have."""
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.md"))}
    return {page: fill_tables(text) for page, text in pages.items() if fill_tables(text) != text}


def main() -> int:
    """Write the pages that differ from the code; with --check, only print their names."""
    parser = argparse.ArgumentParser(description="Write the tables of docs/ from the tables of the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    stale = stale_pages(DOCS)
    for page, text in stale.items():
        print(f"{'stale' if check else 'written'}: {page.relative_to(DOCS)}")
        if not check:
            page.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
