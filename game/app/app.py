"""`App`: one window, its stack of screens and its loop: events, fixed ticks, drawing, waiting for the next frame."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pygame

from game.app.crash import Journal
from game.app.foryou.service import ForYou, RecommenderBackend, plan_backend, widen_zone
from game.app.foryou.words import RecommenderTexts
from game.app.input.actions import Bindings
from game.app.input.guard import InputGuard
from game.app.input.hub import InputHub, Press
from game.app.input.pads import PadChange
from game.app.loop import TICK_SECONDS, FixedStep
from game.app.playing.warm import WarmUp
from game.app.screens import screen_class
from game.app.sound.audio import Audio
from game.app.stage import Stage
from game.app.strings import Strings
from game.app.toasts import Toasts
from game.app.ui import theme
from game.app.ui.kit import Kit
from game.app.ui.screen import Screen
from game.app.user_file_saver import UserFileSaver
from game.app.window import Window
from game.app.window_options import AppOptions
from game.player.paths import UserFolders
from game.player.profile import Profile
from game.player.settings import Settings, Value
from safefiles.causes import message_of
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.app.grades.known import LevelGrades
    from game.app.playing.opponents import Opponents
    from game.app.playing.session import Match
    from game.core.levels.catalogue import LevelEntry

LONGEST_FRAME: Final = 0.25  # seconds; a longer pause (a dragged window) is not caught up
TEXT_EVENTS: Final = (pygame.KEYDOWN, pygame.TEXTINPUT, pygame.TEXTEDITING)
MOUSE_EVENTS: Final = (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEWHEEL)
INPUT_EVENTS: Final = (
    pygame.KEYDOWN,
    *MOUSE_EVENTS,
    pygame.CONTROLLERBUTTONDOWN,
    pygame.CONTROLLERAXISMOTION,
)


class App(Stage):
    """The window's only `Stage`: services, the stack of screens, the main loop."""

    def __init__(
        self,
        options: AppOptions,
        folders: UserFolders,
        settings: Settings,
        *,
        real: bool,
        read_only_reason: str = "",
    ) -> None:
        """`read_only_reason`: why the user folder cannot be written; empty if it can."""
        from game.app.browse.level_library import LevelLibrary
        from game.app.jukebox.studio import Jukebox
        from game.app.menu.backdrop import MenuBackdrop
        from game.app.sound.game_music import GameMusic

        self.options = options
        self.folders = folders
        self.settings = settings
        self.journal = Journal()
        self.saver = UserFileSaver(folders, read_only_reason)
        self.running = True
        self.simulated = 0.0  # seconds of play since the kernels were ready
        self.frames = 0
        self.frame_ms = 0.0  # smoothed time of events, ticks and drawing
        self.stack: list[Screen] = []
        self.toasts = Toasts()
        self.step = FixedStep()
        self._queue: list[pygame.event.Event] = []
        self._text_field: pygame.Rect | None = None
        # Options of the command line: they hold for this run until the player changes the setting
        self.overrides: dict[str, str | bool] = {}
        if options.language is not None:
            self.overrides["language"] = options.language
        if options.fullscreen is not None:
            self.overrides["fullscreen"] = options.fullscreen
        self.window = Window(options.size, bool(self._effective("fullscreen")), real=real)
        bindings = Bindings(settings.bindings)
        strings = Strings(str(self._effective("language")))
        pygame.key.stop_text_input()  # SDL starts with text input on: an input method would then take the game's keys
        self.hub = InputHub(bindings)
        self.guard = InputGuard(self.hub)
        scale = settings.number("ui_scale")
        self.kit = Kit(self.window.size, scale, strings, bindings, self.hub.layout)
        self.audio = Audio(mute=options.mute or not real)
        self.jukebox = Jukebox(folders, audible=self.audio.available)
        self.audio.music = GameMusic(self.jukebox, audible=self.audio.available)
        self.profile = Profile(folders)
        self.warm = WarmUp(self._preload_brains)
        self.library: LevelLibrary = LevelLibrary(folders)
        self.words = RecommenderTexts(self.kit, self.library)
        self.for_you = ForYou(self._plan_backend, lambda: [info.entry for info in self.library.playable])
        self.profile.follow(self.for_you)
        self._grades: LevelGrades | None = None
        self._opponents: Opponents | None = None
        self._opponents_lock = threading.Lock()
        self.backdrop: MenuBackdrop = MenuBackdrop(self)
        self.apply_settings()
        if read_only_reason:
            self.toasts.add(self.saver.folder_message(self.kit.strings), theme.AMBER)
        self.saver.show_messages(self.toasts, strings, (settings.messages, list(bindings.problems)))
        self._show_messages()
        if real and self.audio.problem:
            self.journal.note(f"no sound: {self.audio.problem}")

    @property
    def opponents(self) -> "Opponents":
        """Who can drive NPC seats; loaded at its first use, so that the title does not wait for it."""
        with self._opponents_lock:  # the warm-up's thread uses it too
            if self._opponents is None:
                from game.app.playing.opponents import Opponents

                self._opponents = Opponents(self.folders, lambda: self.kit.strings)
            return self._opponents

    @property
    def grades(self) -> "LevelGrades":
        """How hard levels are; read at its first use, so that the title does not wait for it."""
        if self._grades is None:
            from game.app.grades.window_grades import make_level_grades

            self._grades = make_level_grades(self)
            self.profile.follow(self._grades)
        return self._grades

    def caption(self) -> str:
        """A line that says what plays behind the menus."""
        return self.backdrop.caption()

    def _plan_backend(self, levels: "Callable[[], Sequence[LevelEntry]]") -> Callable[[], RecommenderBackend]:
        return plan_backend(self.settings, self.profile, levels, self.folders.cache)

    def _preload_brains(self) -> None:
        self.opponents.preload()

    # Screens

    @property
    def top(self) -> Screen:
        """The screen that gets the input."""
        return self.stack[-1]

    def show(self, name: str, *arguments: Any, unasked: bool = False, **options: Any) -> None:
        """Open a screen by its name in `SCREENS`."""
        self.push(screen_class(name)(self, *arguments, **options), unasked=unasked)

    def open_dialog(self, dialog: Screen, *, unasked: bool = False) -> None:
        """Open a dialog over the other screens."""
        self.push(dialog, unasked=unasked)

    def push(self, screen: Screen, *, unasked: bool = False) -> None:
        """Put a screen on the stack."""
        self.journal.note(f"open {screen.name}")
        if self.stack:
            self.top.let_go()
        self.stack.append(screen)
        if unasked:
            self.guard.start()
        else:
            self.guard.stop()
        self.hub.stop_repeating()
        screen.place()
        screen.opened()
        self._follow_screens()

    def back(self, *, levels: int = 1) -> None:
        """Close the topmost screens; the last one stays."""
        for _ in range(levels):
            if len(self.stack) > 1:
                screen = self.stack.pop()
                self.journal.note(f"close {screen.name}")
                screen.closed()
        self.guard.stop()
        self.hub.stop_repeating()
        self.top.place()
        self.top.opened()
        self._follow_screens()

    def _follow_screens(self) -> None:
        """Play the menu's music unless a match is behind the screens."""
        if not any(screen.has_match for screen in self.stack):
            self.audio.music.menu()

    def back_to(self, name: str) -> None:
        """Close screens until the one of that name is on top, or only one is left."""
        count = 0
        for screen in reversed(self.stack[1:]):
            if screen.name == name:
                break
            count += 1
        if count:
            self.back(levels=count)

    def quit(self) -> None:
        """Leave after this frame."""
        self.running = False

    # Settings

    def apply_settings(self) -> None:
        """Apply the settings to window, sound, texts and backdrop."""
        settings = self.settings
        self.audio.set_volume(settings.number("effects_volume"), settings.number("music_volume"))
        self.jukebox.preview.set_volume(settings.number("music_volume"))
        strings = Strings(str(self._effective("language")))
        if strings.language != self.kit.strings.language:
            self.kit.strings = strings
        self.window.set_fullscreen(bool(self._effective("fullscreen")))
        self._fit()

    def change_setting(self, key: str, value: Value) -> None:
        """Change a setting and apply it. Raises ValueError for a value outside its range."""
        self.overrides.pop(key, None)
        self.settings.set(key, value)
        if key in ("flow_low", "flow_high"):
            self._set_zone(key.removeprefix("flow_"))
        elif key == "simulated_players":
            self.for_you.rebuild()
        self.apply_settings()

    def _set_zone(self, moved: str) -> None:
        """Keep the flow zone's ends apart and pass the zone to the recommender."""
        settings = self.settings
        low, high = widen_zone(settings.number("flow_low"), settings.number("flow_high"), moved)
        settings.set("flow_low", low)
        settings.set("flow_high", high)
        self.for_you.set_zone(low, high)

    def reset_settings(self, page: str) -> None:
        """Put a page of settings back to its defaults."""
        self.settings.reset(page)
        if page == "for_you":
            self.for_you.rebuild()
        self.apply_settings()

    def _effective(self, key: str) -> Value:
        return self.overrides.get(key, self.settings.values[key])

    def save_settings(self) -> None:
        """Write the settings; an error is shown instead of raised, and writing is tried again later."""
        if self.settings.path is not None:
            self.saver.late.write(self.settings.path, self.settings.content())

    def _fit(self) -> None:
        self.kit.resize(self.window.size, self.settings.number("ui_scale"))
        self.backdrop.resize()
        for screen in self.stack:
            screen.resized()
            screen.place()

    def _follow_text_field(self) -> None:
        """Turn the input method on only while text is typed."""
        field = self.top.text_field
        if field == self._text_field:
            return
        if field is None:
            pygame.key.stop_text_input()
        else:
            pygame.key.set_text_input_rect(field)
            if self._text_field is None:
                pygame.key.start_text_input()
        self._text_field = field.copy() if field is not None else None

    # The loop

    def run(self, *, limited: bool = True) -> None:
        """Run until the player leaves, or (`limited`) until the requested seconds have passed."""
        clock = pygame.time.Clock()
        last = time.perf_counter()
        while self.running:
            now = time.perf_counter()
            seconds = min(LONGEST_FRAME, now - last)
            last = now
            if not self.window.real:
                seconds = TICK_SECONDS  # no display: run as fast as the machine can
            self.frame(seconds)
            if limited and self.options.seconds is not None and self.simulated + 1e-9 >= self.options.seconds:
                self.quit()
            if self.window.real:
                clock.tick(self.window.rate(self.settings.text("frame_limit")))

    def frame(self, seconds: float) -> None:
        """Handle events, run the ticks that are due, and draw once."""
        started = time.perf_counter()
        events = (*pygame.event.get(), *self._queue)
        for event in events:
            self.handle(event)
        self._queue.clear()
        self.guard.update(seconds)
        for press in self.hub.repeats(seconds):
            if not self.guard.active:
                self.top.press(press)
        self.kit.device = self.hub.last_device
        self.kit.time += seconds
        if self.warm.ready or self.warm.failed or not self.needs_kernels():
            self.simulated += seconds
        for _ in range(self.step.advance(seconds)):
            self.tick()
        self.toasts.update(seconds)
        self.audio.music.update()
        self.for_you.poll()
        self.library.poll()
        self._grade(seconds, busy=any(event.type in INPUT_EVENTS for event in events))
        self.saver.poll(seconds)
        for screen in tuple(self.stack):
            screen.poll()
        self._show_messages()
        self.top.update(seconds)
        self._follow_text_field()
        self.draw(self.step.alpha)
        self.frames += 1
        self.frame_ms += 0.08 * ((time.perf_counter() - started) * 1000 - self.frame_ms)
        pygame.display.flip()

    def _grade(self, seconds: float, *, busy: bool) -> None:
        """Grade levels in the background; endless ones too, as soon as there are suggestions."""
        plays = self._plays()
        if self.for_you.beliefs is not None and self.window.real and not plays:
            self.grades.prepare()
        if self._grades is not None:
            self._grades.poll(seconds, playing=plays, busy=busy)

    def _show_messages(self) -> None:
        self.saver.show_messages(self.toasts, self.kit.strings, self._messages())

    def _messages(self) -> tuple[list[str], ...]:
        """Return the lists that receive messages about the player's files."""
        parts = (self.profile, self.jukebox, self.for_you, self.library)
        return tuple(part.messages for part in parts)

    def report_error(self, what: str, error: Exception) -> None:
        """Show an error that must not stop the game, and note it for a crash report."""
        self.journal.note(f"{what}: {type(error).__name__}: {error}")
        text = self.kit.strings("toast.not_saved", reason=message_of(error).cut(160))
        self.toasts.add(text, theme.AMBER)

    def needs_kernels(self) -> bool:
        """Return whether the requested seconds start only when a match can run."""
        return self.options.mode != "menu" or self.options.seconds is not None

    def tick(self) -> None:
        """Advance the match on top, or the one in the background, by one tick."""
        self.top.tick()
        if any(screen.backdrop for screen in self._visible()):
            self.backdrop.tick()

    def draw(self, alpha: float) -> None:
        """Draw the visible screens, the lowest first."""
        target = self.window.surface
        visible = self._visible()
        if visible[0].backdrop:
            self.backdrop.draw(target, alpha)
        for screen in visible:
            screen.draw_at(target, alpha)
        top = self.top
        self.toasts.draw(target, self.kit, top.pinned_share, top=top.toasts_top, right=top.toasts_right)
        if self.settings.flag("show_fps"):
            self._draw_rate(target)

    def _visible(self) -> Sequence[Screen]:
        first = len(self.stack) - 1
        while first > 0 and self.stack[first].overlay:
            first -= 1
        visible = self.stack[first:]
        covering = max((n for n, screen in enumerate(visible) if screen.covers), default=0)
        return [screen for n, screen in enumerate(visible) if n >= covering or not screen.overlay]

    def _draw_rate(self, target: pygame.Surface) -> None:
        text = f"{self.frame_ms:.1f} ms"
        place = (self.kit.width - self.kit.px(10), self.kit.height - self.kit.px(6))
        self.kit.text(target, text, place, 12, theme.DIM, anchor="bottomright")

    # Events

    def post(self, event: pygame.event.Event) -> None:
        """Queue an event for the next frame, as if it came from the system (tests and demos)."""
        self._queue.append(event)

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one event."""
        kind = event.type
        if kind == pygame.QUIT:
            self.top.close_requested()
            return
        if kind in (pygame.VIDEORESIZE, pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
            if self.window.resized():
                self._fit()
            return
        if kind == pygame.WINDOWFOCUSLOST:
            self.audio.set_background(self.settings.flag("mute_in_background"))
            self.top.focus_lost()
        elif kind == pygame.WINDOWFOCUSGAINED:
            self.audio.set_background(False)
        if not self.guard.active and self._used_by_screen(event):
            return
        presses, changes = self.hub.handle(event, self.top.context)
        for change in changes:
            self._pad_changed(change)
        for press in presses:
            self._press(press)

    def _used_by_screen(self, event: pygame.event.Event) -> bool:
        """Pass mouse events and typed text to the topmost screen; return whether it used the event, which then is no action."""
        if event.type in MOUSE_EVENTS:
            self.top.mouse(event)
        if event.type in TEXT_EVENTS and self.top.type_text(event):
            return True
        return event.type == pygame.MOUSEBUTTONDOWN and not self.top.takes_button(event)

    def _press(self, press: Press) -> None:
        if press.action == "fullscreen":
            if self.window.real:
                self.change_setting("fullscreen", not self.window.fullscreen)
                self.save_settings()
        elif press.action == "screenshot":
            self.take_screenshot()
        elif not self.guard.active:
            self.top.press(press)

    def _pad_changed(self, change: PadChange) -> None:
        key = "toast.pad_added" if change.present else "toast.pad_removed"
        self.toasts.add(
            self.kit.strings(key, name=change.label), theme.CYAN if change.present else theme.AMBER
        )
        self.journal.note(f"pad {'added' if change.present else 'removed'}: {change.label}")
        if not change.present:
            self.top.pad_lost()

    # Pictures

    def take_screenshot(self, path: Path | None = None) -> Path | None:
        """Save the picture as PNG, by default in the player's folder; return its path, None on failure."""
        chosen = path or self.folders.screenshots / f"bankshot-{time.strftime('%Y%m%d-%H%M%S')}.png"
        try:
            save_png(self.window.surface, chosen)
        except OSError as error:
            self.toasts.add(self.kit.strings("toast.not_saved", reason=message_of(error)), theme.RED)
            return None
        if path is None:
            self.toasts.add(self.kit.strings("toast.screenshot", name=chosen.name))
        return chosen

    def current_match(self) -> "Match | None":
        """Return the match that is played or watched, None in the menus."""
        found = (screen.shown_match for screen in reversed(self.stack))
        return next((match for match in found if match is not None), None)

    def _plays(self) -> bool:
        """Return whether a match is running or about to start: then no other work may use the processor."""
        match = self.current_match()
        return not self.warm.ready or (match is not None and not match.over)

    def prepare_sounds(self) -> None:
        """Compute all sounds in the background, so that none is late when it is first played."""
        if self.audio.available:
            threading.Thread(target=self.audio.prepare, name="sounds", daemon=True).start()

    def close_screens(self) -> None:
        """Close every screen, including a running match; one that fails does not stop the others."""
        while self.stack:
            try:
                self.stack[-1].closed()
            except Exception as error:
                self.report_error(self.stack[-1].name, error)
            self.stack.pop()

    def close(self) -> None:
        """Save all unsaved data, then release every resource; a step that fails does not stop the others."""
        steps: list[Callable[[], object]] = [] if self._grades is None else [self._grades.close]
        steps += [self.close_screens, self.profile.flush, self.saver.late.close]
        steps += [self.warm.close, self.backdrop.close]
        steps += [self.for_you.close, self.library.close, self.jukebox.close, self.audio.close]
        self.saver.close(self.journal, self.kit.strings, self._messages(), [*steps, self.profile.close])


def save_png(surface: pygame.Surface, path: Path) -> None:
    """Write a surface as PNG. Raises OSError."""
    from io import BytesIO

    stream = BytesIO()
    pygame.image.save(surface, stream, "picture.png")
    write_atomic(path, stream.getvalue())
