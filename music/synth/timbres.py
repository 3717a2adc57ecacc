"""The timbre sets: one table of the sound of every voice, by the timbre name stored in a piece.

A voice is one or more `Sound`s: a tone (waves, filter, envelope, vibrato), a pattern that defines how written notes are
played, and a place in the mix. The drum kits' recipes are in `drums`.
"""

from dataclasses import dataclass
from typing import Final

from music.errors import PieceRefused
from music.messages import say


@dataclass(frozen=True)
class Layer:
    """One wave of a tone."""

    wave: str  # of oscillators.WAVES
    level: float = 1.0
    duty: float = 0.5  # duty cycle of a pulse
    octave: int = 0
    unison: int = 1  # detuned copies, from flat on the left to sharp on the right
    detune: float = 0.0  # cents between the outermost copies
    spread: float = 0.75  # stereo width of the copies: 0 none, 1 full


@dataclass(frozen=True)
class Tone:
    """The recipe of one note. Times in seconds."""

    layers: tuple[Layer, ...]
    attack: float = 0.004
    decay: float = 0.2  # time constant of the decay to `sustain`
    sustain: float = 0.7  # share of the peak
    release: float = 0.06
    gate: float = 1.0  # share of the written length that is held
    cutoff: tuple[float, float] = (15_000.0, 15_000.0)  # Hz: final and initial cut-off of the filter
    sweep: float = 0.15  # time constant of the filter's sweep
    resonance: float = 0.0
    tracking: float = 0.3  # octaves that the cut-offs rise per octave of pitch
    vibrato: float = 0.0  # cents
    vibrato_rate: float = 5.6  # Hz
    vibrato_delay: float = 0.25


@dataclass(frozen=True)
class Sound:
    """A tone and its place in the mix. `pattern` is a key of patterns.PATTERNS; levels are factors."""

    tone: Tone
    level: float
    pattern: str = "hold"
    pan: float = 0.0  # -1 left .. 1 right
    echo: float = 0.0  # send level to the echo
    reverb: float = 0.0  # send level to the reverb
    duck: float = 0.0  # share by which a kick lowers the level


@dataclass(frozen=True)
class Timbre:
    """All sounds of a piece. The drums use the kit of that name."""

    melody: tuple[Sound, ...]
    harmony: tuple[Sound, ...]
    bass: tuple[Sound, ...]
    kit: str
    drum_level: float
    drum_reverb: float
    programs: dict[str, int]  # General MIDI programs 0..127 for the MIDI export
    echo_steps: int = 3  # time between repeats, in 16th notes
    echo_feedback: float = 0.45
    echo_cutoff: float = 4000.0  # Hz
    reverb_seconds: float = 0.9
    duck_steps: float = 3.0  # recovery time of a ducked voice


CHIP: Final = Timbre(
    melody=(
        Sound(
            Tone(
                (Layer("pulse", duty=0.25),),
                attack=0.002,
                decay=0.12,
                sustain=0.62,
                release=0.03,
                gate=0.96,
                cutoff=(9000.0, 9000.0),
                vibrato=16.0,
                vibrato_rate=6.2,
                vibrato_delay=0.18,
            ),
            level=0.22,
            pan=-0.15,
            echo=0.3,
        ),
    ),
    harmony=(
        Sound(
            Tone(
                (Layer("pulse", duty=0.5),),
                attack=0.002,
                decay=0.06,
                sustain=0.45,
                release=0.02,
                gate=0.9,
                cutoff=(6000.0, 6000.0),
            ),
            level=0.17,
            pattern="flicker",
            pan=0.45,
            echo=0.25,
        ),
    ),
    bass=(
        Sound(
            Tone((Layer("triangle"),), attack=0.002, decay=0.5, sustain=0.85, release=0.02, gate=0.94),
            level=0.28,
        ),
    ),
    kit="chip",
    drum_level=0.56,
    drum_reverb=0.0,
    programs={"melody": 80, "harmony": 82, "bass": 38},
    echo_feedback=0.3,
    echo_cutoff=5000.0,
)

NEON: Final = Timbre(
    melody=(
        Sound(
            Tone(
                (
                    Layer("saw", 0.75, unison=3, detune=18.0),
                    Layer("pulse", 0.45, duty=0.3),
                    Layer("triangle", 0.35, octave=-1),
                ),
                attack=0.006,
                decay=0.25,
                sustain=0.7,
                release=0.14,
                gate=0.97,
                cutoff=(3200.0, 9500.0),
                sweep=0.22,
                resonance=0.5,
                vibrato=12.0,
                vibrato_delay=0.3,
            ),
            level=0.24,
            echo=0.34,
            reverb=0.22,
        ),
    ),
    harmony=(
        Sound(
            Tone(
                (Layer("saw", unison=4, detune=24.0),),
                attack=0.06,
                decay=0.8,
                sustain=0.8,
                release=0.4,
                cutoff=(1700.0, 3400.0),
                sweep=0.7,
                resonance=0.3,
            ),
            level=0.12,
            reverb=0.3,
            duck=0.65,
        ),
        Sound(
            Tone(
                (Layer("saw", 0.6), Layer("pulse", 0.6, duty=0.35, octave=1)),
                attack=0.003,
                decay=0.09,
                sustain=0.12,
                release=0.08,
                gate=0.8,
                cutoff=(1400.0, 8500.0),
                sweep=0.07,
                resonance=0.8,
            ),
            level=0.17,
            pattern="climb",
            pan=0.35,
            echo=0.4,
            reverb=0.15,
            duck=0.3,
        ),
    ),
    bass=(
        Sound(
            Tone(
                (Layer("saw", 0.7, unison=2, detune=9.0, spread=0.0), Layer("pulse", 0.4)),
                attack=0.003,
                decay=0.14,
                sustain=0.5,
                release=0.05,
                gate=0.86,
                cutoff=(480.0, 3200.0),
                sweep=0.09,
                resonance=0.9,
                tracking=0.5,
            ),
            level=0.3,
            pattern="octaves",
            duck=0.5,
        ),
        Sound(
            Tone((Layer("sine"),), attack=0.005, decay=0.4, sustain=0.85, release=0.06, gate=0.95),
            level=0.17,
            duck=0.6,
        ),
    ),
    kit="neon",
    drum_level=0.42,
    drum_reverb=0.1,
    programs={"melody": 81, "harmony": 90, "bass": 39},
    reverb_seconds=1.1,
)

DARK: Final = Timbre(
    melody=(
        Sound(
            Tone(
                (
                    Layer("pulse", 0.9, duty=0.42, unison=2, detune=10.0),
                    Layer("saw", 0.35, octave=-1),
                ),
                attack=0.012,
                decay=0.4,
                sustain=0.75,
                release=0.22,
                cutoff=(2300.0, 6500.0),
                sweep=0.3,
                resonance=0.7,
                vibrato=14.0,
                vibrato_rate=4.8,
                vibrato_delay=0.35,
            ),
            level=0.2,
            echo=0.4,
            reverb=0.3,
        ),
    ),
    harmony=(
        Sound(
            Tone(
                (Layer("saw", unison=4, detune=30.0), Layer("pulse", 0.5, octave=-1, unison=2, detune=8.0)),
                attack=0.12,
                decay=1.2,
                sustain=0.85,
                release=0.6,
                cutoff=(950.0, 2800.0),
                sweep=1.1,
                resonance=0.6,
            ),
            level=0.14,
            reverb=0.4,
            duck=0.35,
        ),
        Sound(
            Tone(
                (Layer("triangle", 0.9), Layer("pulse", 0.25, duty=0.2)),
                attack=0.003,
                decay=0.16,
                sustain=0.05,
                release=0.12,
                gate=0.7,
                cutoff=(2000.0, 6500.0),
                sweep=0.1,
            ),
            level=0.16,
            pattern="bounce",
            pan=-0.35,
            echo=0.45,
            reverb=0.3,
        ),
    ),
    bass=(
        Sound(
            Tone(
                (Layer("saw", 0.8, unison=2, detune=14.0, spread=0.0), Layer("pulse", 0.5, duty=0.3)),
                attack=0.004,
                decay=0.3,
                sustain=0.55,
                release=0.08,
                gate=0.9,
                cutoff=(300.0, 1800.0),
                sweep=0.16,
                resonance=1.1,
                tracking=0.4,
            ),
            level=0.38,
            pattern="pulse",
            duck=0.35,
        ),
        Sound(
            Tone((Layer("sine"),), attack=0.006, decay=0.5, sustain=0.9, release=0.08),
            level=0.2,
            duck=0.4,
        ),
    ),
    kit="dark",
    drum_level=0.48,
    drum_reverb=0.2,
    programs={"melody": 87, "harmony": 95, "bass": 38},
    echo_feedback=0.5,
    echo_cutoff=2500.0,
    reverb_seconds=1.5,
    duck_steps=4.0,
)

TIMBRES: Final = {"chip": CHIP, "neon": NEON, "dark": DARK}


def timbre_named(name: str) -> Timbre:
    """Return a timbre set. PieceRefused lists the known names."""
    if name not in TIMBRES:
        raise PieceRefused(say("timbre", known=", ".join(TIMBRES), found=f"{name!r:.60}"))
    return TIMBRES[name]
