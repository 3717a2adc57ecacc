"""A brain's card as Markdown, for a user deciding whether to play with it."""

from collections.abc import Sequence
from typing import Any

from agents.contract import Card, Contract
from safefiles.text import clean


def card_markdown(card: Card, contract: Contract, sha256: str, size: int, name: str = "") -> str:
    """The card of a model of `size` bytes: description, measurements, training and licence. All texts are cleaned."""
    lines = [f"# {_plain(card.title)}", ""]
    if card.description:
        lines += [_plain(card.description), ""]
    senses = f"{contract.observation_size} numbers in {len(contract.slots)} slots"
    keywords = ", ".join(f"{key}={value!r}" for key, value in card.env_kwargs.items())
    facts = (
        ("name", name),
        ("character", card.character),
        ("author", card.author),
        ("licence", card.licence or "none given"),
        ("environment", f"{card.env} {keywords}".strip()),
        ("senses", senses),
        ("actions", ", ".join(head.line() for head in contract.heads)),
        ("trained", f"{card.samples:,} samples in {card.seconds / 60:.1f} minutes, seed {card.seed}"),
        ("made", f"{card.created} on {card.machine}, source {card.source_revision}"),
        ("file", f"{size:,} bytes, SHA-256 {sha256}"),
        ("rules", contract.rules_hash[:16]),
    )
    lines += table_lines(("", ""), [(title, text) for title, text in facts if text])
    if card.notes:
        lines += ["", f"Notes: {_plain(card.notes)}"]
    lines += ["", "## Evaluation", ""]
    lines += _evaluation(card.evaluation) or ["None in the card."]
    lines += ["", "## Recipe", ""]
    if card.recipe:
        fence = "`" * max(3, 1 + max(map(len, _runs(card.recipe)), default=0))
        lines += [f"{fence}toml", *clean(card.recipe, lines=True).rstrip().splitlines(), fence]
    else:
        lines.append("None in the card.")
    return "\n".join(lines) + "\n"


def result_line(card: Card) -> str:
    """The card's results in short: `chaser 85 %, marksman 78 %`, without those of a panel; empty if there are none."""
    words = []
    for row in card.evaluation:
        if "match" in row:
            continue
        if row.get("measure") == "return" and isinstance(row.get("mean_return"), (int, float)):
            words.append(f"return {row['mean_return']:.2f}")
        elif isinstance(row.get("win_rate"), (int, float)):
            words.append(f"{clean(str(row.get('opponent', '?')), 40)} {100 * row['win_rate']:.0f} %")
    return ", ".join(words)[:120]


def _evaluation(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Tables of the measurements: wins by opponent (and kind of match), and returns."""
    matches = [row for row in rows if row.get("measure") != "return"]
    returns = [row for row in rows if row.get("measure") == "return"]
    lines: list[str] = []
    if matches:
        kinds = any("match" in row for row in matches)
        head = (
            *(("match",) if kinds else ()),
            "against",
            "levels",
            "wins",
            "95 % interval",
            "out of time",
            "matches",
            "temperature",
        )
        cells = [
            (
                *((row.get("match", ""),) if kinds else ()), row.get("opponent", "?"), row.get("levels", "?"),
                _percent(row.get("win_rate")), f"{_percent(row.get('win_rate_low'))} to {_percent(row.get('win_rate_high'))}",
                row.get("timeouts", "?"), row.get("matches", "?"), row.get("temperature", "?"),
            )
            for row in matches
        ]  # fmt: skip
        lines += table_lines(head, cells)
    if returns:
        intervals = [
            f"{_number(row.get('return_low'))} to {_number(row.get('return_high'))}" for row in returns
        ]
        cells = [
            (_number(row.get("mean_return")), interval, row.get("episodes", "?"))
            for row, interval in zip(returns, intervals, strict=True)
        ]
        lines += ["", *table_lines(("mean return", "95 % interval", "episodes"), cells)]
    return lines


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a Markdown table; the text of a cell cannot break it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [
        "| " + " | ".join(_plain(str(cell)).replace("|", "\\|") for cell in line) + " |" for line in lines
    ]


def _plain(text: str) -> str:
    """One line in which Markdown finds neither HTML, links nor pictures: a card is untrusted."""
    line = clean(text, 400).replace("\\", "\\\\").replace("[", "\\[")
    return line.replace("<", "&lt;").replace("`", "'")


def _percent(value: object) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, (int, float)) else "?"


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, (int, float)) else "?"


def _runs(text: str) -> list[str]:
    """The runs of backticks in a text; its fence must be longer than any of them."""
    found, run = [], ""
    for sign in f"{text} ":
        if sign == "`":
            run += sign
        elif run:
            found.append(run)
            run = ""
    return found
