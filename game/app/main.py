"""`run`: from the command line's options to the window, and back to an exit code."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from game.app.options import MODES, AppOptions
from game.paths import UserFolders

if TYPE_CHECKING:
    from game.app.app import App
    from game.app.crash import CrashReport

FINE: Final = 0
ERROR: Final = 1
BAD_ARGUMENT: Final = 2
INTERRUPTED: Final = 130


class BadArgument(ValueError):
    """An option that cannot be met; its text is the one line to print."""


def run(options: AppOptions) -> int:
    """Run the window; see `game.app.run_app`."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")
    from game.app.window import choose_drivers

    real = choose_drivers()
    try:
        app = _open(options, real=real)
    except BadArgument as error:
        sys.stderr.write(f"{error}\n")
        return BAD_ARGUMENT
    try:
        with _ending_on_terminate(app):
            return _run(app)
    finally:
        app.close()
        _quit_pygame()


@contextlib.contextmanager
def _ending_on_terminate(app: "App") -> Iterator[None]:
    """Let SIGTERM end the game after the frame, instead of the question that closing the window asks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: app.quit())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _open(options: AppOptions, *, real: bool) -> "App":
    """Check the options, make the folders and open the window. Raises BadArgument."""
    import pygame

    from game.app.app import App
    from game.app.strings import LANGUAGES
    from game.settings import load_settings

    if options.mode not in MODES:
        raise BadArgument(f"mode: expected one of {', '.join(MODES)}, found {options.mode!r}")
    if options.language is not None and options.language not in LANGUAGES:
        raise BadArgument(f"language: expected one of {', '.join(LANGUAGES)}, found {options.language!r}")
    if options.seconds is not None and not 0 < options.seconds < 1e9:
        raise BadArgument(f"seconds: expected a number above 0, found {options.seconds}")
    folders = UserFolders.find(options.user_dir)
    try:
        folders.create()
    except OSError as error:
        raise BadArgument(
            f"user folder: expected a folder that can be written, found {folders.root} ({error.strerror})"
        ) from None
    try:
        app = App(options, folders, load_settings(folders.settings), real=real)
    except pygame.error as error:
        raise BadArgument(f"window: expected a display, found none ({error})") from None
    try:
        _open_first_screens(app)
    except BadArgument:
        app.close()
        _quit_pygame()
        raise
    return app


def _open_first_screens(app: "App") -> None:
    from game.app.launch import open_from_options
    from game.app.screens.title import TitleScreen

    app.push(TitleScreen(app))
    app.warm.start()
    if not app.window.real:
        _wait_for_kernels(app)
    app.prepare_sounds()
    if app.options.mode != "menu":
        try:
            open_from_options(app)
        except (OSError, ValueError) as error:
            raise BadArgument(str(error)) from None


def _wait_for_kernels(app: "App") -> None:
    """Wait until a match can run; without a window the progress goes to the terminal, where there is one."""
    shows = sys.stderr.isatty()
    while not app.warm.wait(0.2):
        if shows and app.warm.compiling:
            percent = round(app.warm.progress * 100)
            sys.stderr.write(f"\rpreparing the arena (first start only): {percent:3d} %  ")
            sys.stderr.flush()
    if shows:
        sys.stderr.write("\r" + " " * 72 + "\r")


def _run(app: "App") -> int:
    try:
        app.run()
        if app.options.screenshot is not None and not _save_screenshot(app):
            return BAD_ARGUMENT
        return FINE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        report = report_crash(app, error)
        _show_crash(app, report)
        return ERROR


def _save_screenshot(app: "App") -> bool:
    from game.app.app import save_png

    path = app.options.screenshot
    assert path is not None
    try:
        save_png(app.window.surface, path)
    except OSError as error:
        sys.stderr.write(
            f"screenshot: expected a file that can be written, found {path} ({error.strerror})\n"
        )
        return False
    return True


def report_crash(app: "App", error: Exception) -> "CrashReport":
    """Save log and replay, and say where on stderr."""
    from game.app.crash import save_crash

    match = app.current_match()
    facts: dict[str, object] = {
        "screens": " › ".join(screen.name for screen in app.stack),
        "window": f"{app.window.size} {'real' if app.window.real else 'dummy'}",
        "frames": app.frames,
    }
    recorder = None
    if match is not None:
        facts.update(match.facts())
        recorder = match.recorder
    report = save_crash(
        app.folders, error, app.journal, facts, recorder.data if recorder is not None else None
    )
    place = f"log and replay are in {report.folder}" if report.folder else "the report could not be saved"
    sys.stderr.write(f"Bankshot ran into an error ({report.summary}); {place}\n")
    return report


def _show_crash(app: "App", report: "CrashReport") -> None:
    """Show the error screen in a real window until the player closes it."""
    if not app.window.real:
        return
    from game.app.screens.error import ErrorScreen

    try:
        for screen in app.stack:
            screen.closed()
        app.stack.clear()
        app.backdrop.give_up()
        app.running = True
        app.push(ErrorScreen(app, report), unasked=True)
        app.run(limited=False)
    except Exception as error:  # the report is saved; a second failure has nothing to add but its name
        sys.stderr.write(f"the error screen failed too: {type(error).__name__}: {error}\n")


def _quit_pygame() -> None:
    import pygame

    pygame.quit()
