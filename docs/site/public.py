"""What belongs to the public programming interface, page by page and group by group.

A row names a module, whose `__all__` says what is public, or a module and the names in it that are. A name that several modules
offer is shown where it comes first.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Group:
    """Names that are used together. Rows are `module` or `module: name, name`."""

    title: str
    rows: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True)
class Reference:
    """One page of the reference."""

    name: str
    title: str
    text: str
    groups: tuple[Group, ...]


REFERENCES: Final = (
    Reference(
        "agents",
        "agents",
        "Train in a Gymnasium environment, export a verified policy, play it. Guide: [agents](../agents/README.md).",
        (
            Group("Play a policy", ("agents", "agents.runtime", "agents.contract: Slot")),
            Group(
                "Train and resume",
                ("agents.recipe_reading: load_recipe, preset_names", "agents.recipe: Recipe", "agents.train"),
                "These need the extra `train`.",
            ),
            Group(
                "Export and measure",
                (
                    "agents.export: export_run",
                    "agents.evaluate: Player, policy_player, evaluate, duel, MatchReport, wilson",
                ),
                "Measurement needs only NumPy and onnxruntime; export needs the extra `train`.",
            ),
            Group("Errors", ("agents.errors: AgentsError, RecipeError, EnvRefused, RunError, ExportFailed",)),
        ),
    ),
    Reference(
        "music",
        "music",
        "Compose pieces, edit and keep them, play them as a soundtrack. Guide: [music](../music/README.md),"
        " [music.soundtrack](../music/soundtrack/README.md).",
        (
            Group(
                "Compose and play",
                (
                    "music",
                    "music.soundtrack",
                    "music.soundtrack.player: PlayedChunk",
                    "music.composer.compose: Composition",
                ),
            ),
            Group("Pieces", ("music.piece: Note, Section, read_piece, piece_to_json, piece_from_json",)),
            Group("The library", ("music.library: LibraryEntry, BrokenPiece, LibraryError, STATES",)),
            Group(
                "Edit",
                (
                    "music.edits: with_title, with_tempo, in_key, with_muted, with_solo",
                    "music.composer.reroll: reroll_bar",
                ),
            ),
            Group(
                "MIDI",
                ("music.midi.reader", "music.midi.load: midi_to_piece", "music.midi.writer: piece_to_midi"),
            ),
            Group("Generators", ("music.generators.files: GeneratorSet",)),
            Group("Errors", ("music.errors: MusicError, MidiRefused, PieceRefused, GeneratorRefused",)),
        ),
    ),
    Reference(
        "recommender",
        "recommender",
        "Suggest items to players. Guide: [recommender](../recommender/README.md).",
        (
            Group(
                "Suggest",
                (
                    "recommender",
                    "recommender.advisor",
                    "recommender.advisor.engine",
                    "recommender.reasons: Reason",
                    "recommender.advisor.community: Community",
                    "recommender.advisor.skill: SkillPoint, SkillSettings",
                    "recommender.advisor.zone: Zone",
                ),
            ),
            Group(
                "Records",
                (
                    "recommender.records",
                    "recommender.records.kinds: OUTCOMES, EVENTS, PLAYED, SKIPPED, REPEATED",
                    "recommender.records.ratings: Ratings",
                ),
            ),
            Group("Store", ("recommender.store",)),
            Group(
                "Errors",
                (
                    "recommender.errors: RecommenderError, TableRefused, RatingsRefused, StoreRefused, StoreFailed",
                    "recommender.errors: SettingRefused, UnknownName",
                ),
            ),
        ),
    ),
    Reference(
        "environments",
        "Environments",
        "The game as Gymnasium and PettingZoo environments. Guide: [environments](../docs/environments.md).",
        (
            Group(
                "Gymnasium",
                ("game.env.single: BankshotEnv", "game.env.vector: BankshotVectorEnv, make_vector"),
            ),
            Group(
                "PettingZoo",
                ("game.env.parallel: BankshotParallelEnv, parallel_env, env, raw_env",),
                "These need the extra `train`.",
            ),
            Group(
                "Spaces, rewards, ids",
                (
                    "game.env.spaces: observation_space, action_space",
                    "game.env.rewards: reward_weights",
                    "game.env.setups: Setup, find_setup",
                ),
            ),
        ),
    ),
    Reference(
        "levels",
        "Levels",
        "Read, make, check and write levels in code. File format: [levels](../docs/levels.md).",
        (
            Group(
                "The model",
                (
                    "game.core.levels.model: Level, Title, SeatPlan, arena_digest",
                    "game.core.sim.arena: Arena, Spawn, PickupSpot",
                ),
            ),
            Group(
                "Find and read",
                (
                    "game.core.levels.catalogue: load_level, select, list_levels, LevelEntry",
                    "game.core.levels.tmj: read_level, parse_level",
                ),
            ),
            Group(
                "Write",
                (
                    "game.core.levels.writer: write_level",
                    "game.core.levels.updater: update_level",
                    "game.core.levels.starter: starter_level, starter_files, support_files",
                ),
            ),
            Group("Generate", ("game.core.levels.generator: generate",)),
            Group(
                "Check",
                (
                    "game.core.levels.checks: check_arena, ArenaNames",
                    "game.core.levels.problems: LevelError, Problem, Location, Findings, advice",
                ),
            ),
        ),
    ),
    Reference(
        "matches",
        "Replays and drivers",
        "Record, play and verify matches; let a policy control a tank.",
        (
            Group("Replays", ("game.match.replay", "game.match.replay.header: Header, Drivers")),
            Group("Drivers of seats", ("game.match.npc", "game.match.brain_library: BrainLibrary")),
        ),
    ),
)
