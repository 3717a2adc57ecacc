"""Sound files of every format: written by the product's own writers here and now, the same each time, and shipped ones.

A sample is a folder: file name -> bytes. Making them imports what is needed and nothing else, and each is made once.
"""

import json
import re
import sqlite3
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.containers import zip_bytes

Files = dict[str, bytes]
Samples = tuple[Files, ...]
ROOT = Path(__file__).resolve().parents[2]
SEATS = 2  # of the replays' level


def once(make: Callable[[Path], Samples]) -> Callable[[], Samples]:
    """Make the samples at the first call, with a scratch folder that is gone afterwards."""

    @cache
    @wraps(make)
    def made() -> Samples:
        with tempfile.TemporaryDirectory(prefix="fuzz-samples-") as folder:
            return make(Path(folder))

    return made


def below(folder: Path) -> Files:
    """Every file of a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Levels and replays


@once
def levels(_: Path) -> Samples:
    """Drawn by hand, saved by Tiled, generated."""
    from game.core.levels.generator import generate
    from game.core.levels.starter import starter_files
    from game.core.levels.tilesets import SHARED_TILESET
    from game.core.levels.writer import write_level

    builtin = ROOT / "game" / "core" / "levels" / "builtin"
    found = [
        (builtin / f"{name}.tmj").read_bytes()
        for name in ("first_light", "hall_of_mirrors", "last_post", "orchard", "vaults")
    ]
    found += [(ROOT / "tests" / "core" / "levels" / "saved_by_tiled.tmj").read_bytes()]
    found += [
        write_level(generate(seed, objective=objective))
        for seed, objective in ((3, "eliminate"), (4, "defend"))
    ]
    found += [content for name, content in starter_files("mutant").items() if name.endswith(".tmj")]
    shared = SHARED_TILESET.read_bytes()
    return tuple({"mutant.tmj": level, "bankshot.tsj": shared, "set.tsj": shared} for level in found)


@once
def tilesets(_: Path) -> Samples:
    """The game's own, and a small one as a modder would draw it, each used by a level."""
    from game.core.levels.tilesets import SHARED_TILESET

    level = json.loads(levels()[0]["mutant.tmj"])
    level["tilesets"] = [{"firstgid": 1, "source": "set.tsj"}]
    shared = SHARED_TILESET.read_bytes()
    own = json.loads(shared) | {
        "name": "own",
        "image": "own.png",
        "properties": [{"name": "a", "type": "int", "value": 1}],
    }
    text = json.dumps(level).encode()
    return {"mutant.tmj": text, "set.tsj": shared}, {"mutant.tmj": text, "set.tsj": json.dumps(own).encode()}


@once
def tiled_xml(_: Path) -> Samples:
    """A map as `.tmx` with its tileset as `.tsx` and its objects as templates: plain, infinite, packed."""
    cases = ROOT / "tests" / "core" / "levels" / "cases"
    plain = (cases / "plain.tmx").read_text(encoding="utf-8")
    beside = {name: (cases / name).read_bytes() for name in ("set.tsx", *(f"o{n}.tx" for n in range(6)))}
    start, end = plain.index("<tileset"), plain.index("</tileset>") + len("</tileset>")
    own = f'{plain[:start]}<tileset firstgid="1" source="set.tsx"/>{plain[end:]}'
    instances = _with_templates(own)
    chunked = own.replace('infinite="0"', 'infinite="1"')
    for old, new in (
        ('csv">', 'csv"><chunk x="-8" y="5" width="16" height="12">'),
        ("</data>", "</chunk></data>"),
    ):
        chunked = chunked.replace(old, new)
    for x, y in ((32, 192), (448, 224), (256, 64), (224, 352), (256, 384), (224, 32)):
        chunked = chunked.replace(f'x="{x}" y="{y}" ', f'x="{x - 256}" y="{y + 160}" ')
    return tuple({"mutant.tmx": text.encode(), **beside} for text in (plain, own, instances, chunked))


def _with_templates(text: str) -> str:
    before, mark, rest = text.partition("<objectgroup")
    objects, end = rest.split("</objectgroup>")
    head = objects.partition(">")[0]
    places = re.findall(r'<object id="(\d+)" gid="\d+" (x="\d+" y="\d+")', objects)
    made = "".join(f'<object id="{n}" template="o{int(n) - 1}.tx" {place}/>' for n, place in places)
    return f"{before}{mark}{head}>{made}</objectgroup>{end}"


@once
def replays(_: Path) -> Samples:
    """Matches of bots: one to its end would be long, so they are left; a person's seat in one of them."""
    from game.core.levels.catalogue import load_level
    from game.match.npc import SeatPolicy
    from tests.match.matches import HeadlessMatch

    found = []
    for level, ticks, facts in (
        ("first_light", 130, {"human": -1}),
        ("orchard", 320, {"human": 0, "brain": "hunter", "difficulty": "regular"}),
    ):
        match = HeadlessMatch(load_level(level), 3)
        driver = match.drive_all(SeatPolicy("marksman", 6))
        names = [f"seat {n}" for n in range(match.seats)]
        recorder = match.record(names=names, info=facts, drivers=driver.record)
        match.run(ticks)
        found.append({"mutant.bsr": recorder.data()})
    return tuple(found)


# Models, tensors, run folders


@once
def brains(folder: Path) -> Samples:
    """A small policy that fits this game, one of another game, and a shipped one."""
    from tests.agents.helpers import brain_bytes
    from tests.match.matches import random_brain

    small = random_brain(folder, widths=(8,)).read_bytes()
    shipped = (ROOT / "game" / "brains" / "hunter" / "brain.onnx").read_bytes()
    return {"mutant.onnx": small}, {"mutant.onnx": brain_bytes()}, {"mutant.onnx": shipped}


@once
def generators(_: Path) -> Samples:
    """The shipped three; the two smaller ones are mutated more often because they come twice."""
    shipped = ROOT / "music" / "shipped" / "generators"
    return tuple(
        {f"{part}.onnx": (shipped / f"{part}.onnx").read_bytes()}
        for part in ("drums", "chords", "drums", "lines")
    )


@once
def tensors(_: Path) -> Samples:
    """Arrays of every type."""
    from agents.tensors import dump_tensors

    types: tuple[Any, ...] = (
        np.bool_,
        np.uint8,
        np.int16,
        np.uint32,
        np.int64,
        np.uint64,
        np.float16,
        np.float32,
        np.float64,
    )
    arrays = {f"{np.dtype(kind).name}/x": np.arange(6).reshape(2, 3).astype(kind) for kind in types}
    arrays |= {"empty": np.zeros((0, 4), np.float32), "scalar": np.array(7.5)}
    return ({"mutant.safetensors": dump_tensors(arrays, {"a": "b", "checkpoint": '{"version": 1}'})},)


SELFPLAY = {
    "enabled": True,
    "mirror": 0.25,
    "bot_share": 0.5,
    "bots": {"chaser": 1.0},
    "snapshot_every": 32,
    "pool_size": 2,
}


def duel_recipe(selfplay: bool) -> Any:
    """A recipe of this game that learns in a second."""
    from tests.agents.helpers import small_recipe

    return small_recipe(
        env={
            "id": "game:Bankshot/Duel-v0",
            "num_envs": 2,
            "kwargs": {"levels": "train:2"} | ({} if selfplay else {"opponent": "chaser"}),
        },
        budget={"samples": 64},
        ppo={"n_steps": 8, "batch_size": 8, "n_epochs": 1},
        net={"pi": [8], "vf": [8], "normalize_observations": selfplay},
        checkpoint={"every": 32, "keep": 1},
        selfplay=SELFPLAY if selfplay else {},
    )


TIMES = {"created": "2026-01-01T00:00:00+00:00", "seconds": 1.5, "cpu_seconds": 1.5, "samples_per_s": 50.0, "machine": "x",
         "source_revision": "0"}  # fmt: skip


def _settled(data: bytes) -> bytes:
    """A run's JSON without what differs from one run to the next."""

    def settled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: TIMES.get(key, settled(each)) for key, each in value.items()}
        return [settled(each) for each in value] if isinstance(value, list) else value

    return json.dumps(settled(json.loads(data)), indent=1).encode()


@once
def agent_runs(folder: Path) -> Samples:
    """Run folders after a short training of this game: against a bot, and by self-play."""
    from rich.console import Console

    from agents.train import create_run, train

    found = []
    for name, selfplay in (("bot", False), ("selfplay", True)):
        train(create_run(folder / name, duel_recipe(selfplay)), Console(quiet=True))
        files = below(folder / name)
        files |= {name: _settled(files[name]) for name in ("run.json", "curve.json")}
        found.append(
            {
                path: data
                for path, data in files.items()
                if not path.startswith("tensorboard") and not path.endswith(".png")
            }
        )
    return tuple(found)


@once
def agent_recipes(_: Path) -> Samples:
    """Those that ship, and one with every default written out."""
    from agents.recipe_reading import load_recipe
    from agents.recipe_text import recipe_to_toml

    shipped = [path.read_bytes() for path in sorted((ROOT / "agents" / "recipes").glob("*.toml"))]
    return tuple({"mutant.toml": text} for text in (*shipped, recipe_to_toml(load_recipe("quick")).encode()))


# What a player's folder holds


@once
def settings(folder: Path) -> Samples:
    """Every setting, some bindings, and something of a newer version."""
    from game.player.settings import Settings

    own = Settings(folder / "settings.json")
    own.set("last_level", "first_light")
    own.bindings = {"fire": ["key:space", "mouse:left", "pad:a"], "move_up": ["key:w"]}
    own.unknown = {"of a newer version": {"a": [1, 2.5, None]}}
    own.save()
    return below(folder), {"settings.json": b'{"music_volume": 0.5, "bindings": {"fire": ["key:f"]}}'}


@once
def choices(folder: Path) -> Samples:
    """Pieces chosen for levels."""
    from game.app.sound.level_music import PieceChoices

    own = PieceChoices(folder / "levels.json")
    for level, piece in (("first_light", "redline"), ("user/关卡", "afterglow"), ("foundry", "my-piece-2")):
        own.set(level, piece)
    return (below(folder),)


@once
def pieces(_: Path) -> Samples:
    """Shipped pieces, and one that was edited."""
    from music.edits import with_edit
    from music.piece import piece_from_json, piece_to_json

    shipped = ROOT / "music" / "shipped" / "pieces"
    names = ("empty-arcade", "slow-orbit", "letters-home")
    found = [(shipped / f"{name}.piece.json").read_bytes() for name in names]
    changed = with_edit(piece_from_json(found[0], "x"), "tempo", of=120, to=140)
    small = piece_to_json(short(piece_from_json(found[1], "x"))).encode()
    return tuple(
        {"mutant.piece.json": data} for data in (found[2], small, piece_to_json(short(changed)).encode())
    )


@once
def midis(_: Path) -> Samples:
    """A song of another program, two exports of ours, a file of type 0."""
    from music.midi.writer import piece_to_midi
    from music.piece import piece_from_json
    from tests.music.midi_files import midi_bytes, song

    own = [piece_to_midi(short(piece_from_json(sample["mutant.piece.json"], "x"))) for sample in pieces()[:2]]
    waltz = midi_bytes(
        [[(n * 480, n * 480 + 400, 60 + n % 12) for n in range(24)]], metres=[(0, 4, 4)], names=["Waltz"]
    )
    return tuple({"mutant.mid": data} for data in (song(4), *own, waltz))


def short(piece: Any, bars: int = 6) -> Any:
    """The first bars of a piece, so that measuring it takes little."""
    from dataclasses import replace

    steps = 16 * bars
    voices = {
        name: tuple(
            note._replace(length=min(note.length, steps - note.start)) for note in notes if note.start < steps
        )
        for name, notes in piece.voices.items()
    }
    sections = tuple(section for section in piece.sections if section.bar + section.bars <= bars)
    return replace(piece, bars=bars, voices=voices, sections=sections, chords=piece.chords[: 4 * bars])


@once
def feedback(folder: Path) -> Samples:
    """A little of everything a recommender stores."""
    from recommender.records.kinds import Attempt, Item, Play, Rating, Shown
    from recommender.store import Store

    def write(path: Path) -> bytes:
        store = Store(path)
        names = [(f"player {n % 3}", f"level {n % 9}") for n in range(30)]
        store.put_ratings([Rating(*name, n % 5 + 1.0, float(n)) for n, name in enumerate(names)])
        store.put_attempts(
            [Attempt(*name, "finished", n / 3, float(n), deaths=n % 4) for n, name in enumerate(names)]
        )
        store.put_plays([Play(*name, "start", 0.0, float(n)) for n, name in enumerate(names)])
        store.put_items(
            [Item(f"level {n}", {"en": "Level", "zh": "关卡"}, frozenset("ab"), {"n": n}) for n in range(9)]
        )
        store.put_shown([Shown(*name, n % 5, 0.5, False, float(n)) for n, name in enumerate(names)])
        store.put_dismissed("player 0", "level 3")
        store.close()
        return path.read_bytes()

    return ({"feedback.sqlite": _without_log(folder, write)},)


@once
def results(folder: Path) -> Samples:
    """Matches of three levels."""
    from game.player.paths import UserFolders
    from game.player.profile import MatchRecord, Profile

    def write(path: Path) -> bytes:
        profile = Profile(UserFolders(path.parent))
        for n in range(120):
            outcome = ("won", "lost", "quit", "timed_out")[n % 4]
            level = ("first_light", "foundry", "user/关卡")[n % 3]
            profile.record_match(
                MatchRecord(
                    level,
                    "ab" * 32,
                    "eliminate",
                    "hunter",
                    "regular",
                    "ranger",
                    outcome,
                    n,
                    600 + n,
                    1,
                    0,
                    0,
                    time=1e9 + n,
                )
            )
            profile.rate(level, n % 5 + 1)
        profile.close()
        return path.read_bytes()

    found = _without_log(folder, write, "results.sqlite")
    # The other file of a profile is sound and of the newest form, so that making it does not cost time again and again.
    return ({"results.sqlite": found, "feedback.sqlite": (folder / "feedback.sqlite").read_bytes()},)


def _without_log(folder: Path, write: Callable[[Path], bytes], name: str = "feedback.sqlite") -> bytes:
    """The database alone, its write-ahead log taken in."""
    path = folder / name
    write(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.read_bytes()


@once
def marks(folder: Path) -> Samples:
    """What a cache remembers of a model that went well."""
    from safefiles.remembered import remember

    remember(folder, "mark", MARK)
    return (below(folder),)


MARK = {"agents": "1", "onnxruntime": "1.32.0", "machine": "x86_64"}

# Music: training


@once
def windows(_: Path) -> Samples:
    """Windows of a corpus, packed and not."""
    from music.windows import to_bytes
    from tests.fuzz.containers import zip_members
    from tests.music.made_windows import made_windows

    packed = to_bytes(made_windows(12))
    return {"windows-train.npz": packed}, {"windows-train.npz": zip_bytes(zip_members(packed))}


@once
def fingerprints(_: Path) -> Samples:
    """Fingerprints of a dozen tunes."""
    from music.copying import build_fingerprints
    from tests.music.made_windows import made_windows

    return ({"fingerprints.npz": build_fingerprints(made_windows(12), corpus="made")},)


@once
def corpora(folder: Path) -> Samples:
    """A corpus folder of a few songs: manifest and windows."""
    from music.corpus.build import build_corpus
    from music.corpus.sources import folder_midi_files
    from tests.music.midi_files import song

    songs = folder / "songs"
    songs.mkdir()
    for number in range(6):
        (songs / f"{number}.mid").write_bytes(song(6, seed=number, shift=number))
    build_corpus(folder / "corpus", folder_midi_files(songs))
    return (
        {path: data for path, data in below(folder / "corpus").items() if path.endswith((".json", ".npz"))},
    )


@once
def wads(_: Path) -> Samples:
    """A WAD with two pieces and what is no piece."""
    from tests.music.midi_files import song, wad_bytes

    lumps = [("D_E1M1", song(4)), ("PLAYPAL", bytes(99)), ("D_E1M2", song(4, seed=2))]
    return {"mutant.wad": wad_bytes(lumps)}, {"mutant.wad": wad_bytes(lumps[:1], kind=b"PWAD")}


@once
def wheels(_: Path) -> Samples:
    """Archives with WADs, as a wheel is one."""
    wad = wads()[0]["mutant.wad"]
    return (
        {
            "mutant.zip": zip_bytes(
                [
                    ("vizdoom/freedoom1.wad", wad),
                    ("vizdoom/readme.txt", b"hello"),
                    ("vizdoom/freedoom2.wad", wad),
                ]
            )
        },
    )


@once
def music_recipes(_: Path) -> Samples:
    """Those that ship."""
    return tuple(
        {"mutant.toml": path.read_bytes()} for path in sorted((ROOT / "music" / "recipes").glob("*.toml"))
    )


MUSIC_RECIPE = "seed = 4\n" + "".join(
    f"[{part}]\nsteps = 4\nrebuild_only = 1\nrebuild = 0.2\nbatch = 4\n"
    "width = 8\ndepth = 1\nmemory = 8\ncritic_width = 8\nencoder_width = 8\n"
    for part in ("chords", "lines", "drums")
)


@once
def music_runs(folder: Path) -> Samples:
    """A run folder as training leaves it: facts, recipe, curve, a checkpoint of the smallest part."""
    from music.generators.energy import measure_energy_scale
    from music.learning.curve import Curve
    from music.learning.recipe import parse_recipe
    from music.learning.run import Corpus, Run, write_arrays
    from tests.music.made_windows import made_windows

    train = made_windows(12)
    corpus = Corpus(train, made_windows(6, seed=1), measure_energy_scale(train), "c0ffee", None)  # type: ignore[arg-type]
    run = Run.create(folder / "run", parse_recipe(MUSIC_RECIPE, "small.toml"), corpus)
    curve = Curve(run.folder, "chords")
    curve._draw = lambda: None  # type: ignore[method-assign]
    for step in (1, 2, 3):
        curve.add({"step": float(step), "critic_loss": 0.5 / step, "generator_loss": 1.25, "z": 2.0})
    curve.save()
    trainer = chords_trainer()
    write_arrays(run.checkpoint("chords"), trainer.state())
    return (below(run.folder),)


@cache
def chords_trainer() -> Any:
    """A trainer of the smallest part, for its checkpoints."""
    from music.generators.energy import measure_energy_scale
    from music.learning.recipe import parse_recipe
    from music.learning.tasks import Chords
    from music.learning.trainer import Trainer
    from tests.music.made_windows import made_windows

    train = made_windows(12)
    return Trainer(
        Chords(train, measure_energy_scale(train)),
        parse_recipe(MUSIC_RECIPE, "small.toml").parts["chords"],
        4,
    )


# Tables of the recommender


@once
def tables(_: Path) -> Samples:
    """Ratings under every separator and header that is read."""
    rows = [
        (f"p{n % 5}", f"level {n % 4}", n % 5 + 1, 1_000_000 + n) for n in range(24) if n % 5 != 4 or n < 20
    ]
    rows = list({(player, item): (player, item, stars, time) for player, item, stars, time in rows}.values())

    def written(mark: str, columns: int) -> str:
        return "\n".join(mark.join(map(str, row[:columns])) for row in rows) + "\n"

    header = "user_id:token\titem_id:token\trating:float\n"
    orange = "user\titem\trating\nd\td\tc\nmeta\tmeta\tclass\n"
    return (
        {"ratings.csv": ("player,item,rating,timestamp\n" + written(",", 4)).encode()},
        {"ratings.inter": (header + written("\t", 3)).encode()},
        {"ratings.dat": written("::", 4).encode()},
        {"ratings.tab": (orange + written("\t", 3)).encode()},
    )


@once
def side_tables(_: Path) -> Samples:
    """What is known of items."""
    rows = "".join(f"level {n},{'abc'[n % 3]},{n * 1.5},x|y|{n % 2}\n" for n in range(20))
    typed = "item_id:token\tgenre:token_seq\tsize:float\n" + "".join(
        f"level {n}\ta b\t{n}.5\n" for n in range(20)
    )
    return {"items.csv": f"name,kind,size,tags\n{rows}".encode()}, {"items.item": typed.encode()}


@once
def records(folder: Path) -> Samples:
    """Everything that `recommender export` writes: one JSON document, and a CSV table of each kind."""
    from recommender.records.kinds import Attempt, Item, Rating
    from recommender.store.exchange import Records, write_records

    own = Records(
        [
            Item(f"level {n}", {"en": "Level", "zh": "关卡"}, frozenset({"a", "b"}), {"size": n + 0.5}, 0.25)
            for n in range(4)
        ],
        [Rating("ann", f"level {n}", n % 5 + 1.0, 10.0 + n) for n in range(6)],
        [
            Attempt("ann", f"level {n}", "finished", 9.5, 20.0 + n, deaths=1, against="regular")
            for n in range(6)
        ],
    )
    write_records(folder / "records.json", own)
    for table in ("items", "ratings", "attempts"):
        write_records(folder / f"{table}.csv", own, table)
    return tuple({name: data} for name, data in below(folder).items())


@once
def communities(_: Path) -> Samples:
    """A small start-up community."""
    ratings = "player,item,stars,time\n" + "".join(
        f"sim {n},level {n % 4},{n % 5 + 1},{n}\n" for n in range(20)
    )
    attempts = "player,item,outcome,seconds,time,deaths,retries,score,against\n" + "".join(
        f"sim {n},level {n % 4},finished,{n}.5,{n},0,1,2.5,regular\n" for n in range(20)
    )
    card = {"schema": 1, "players": 20, "made": "by rule", "seed": 1}
    return (
        {
            "card.json": json.dumps(card).encode(),
            "ratings.csv": ratings.encode(),
            "attempts.csv": attempts.encode(),
        },
    )
