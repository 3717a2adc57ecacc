"""`run`: from the command line's options to the window, and back to an exit code."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from game.app.exit_handler import ExitHandler, print_line
from game.app.window_options import MODES, PLAYED_MODES, AppOptions, BadArgument
from game.core.sim.kernel_cache import kernel_cache
from game.player.messages import say as say_of_player
from game.player.paths import UserFolders, without_home
from safefiles.causes import system_message
from safefiles.console import print_error
from safefiles.errors import FileRefused
from safefiles.text import clean, shown_path
from safefiles.writing import why_unwritable

if TYPE_CHECKING:
    from game.app.app import App
    from game.app.browse.level_library import LevelInfo
    from game.app.crash import CrashReport
    from game.app.playing.choice import MatchChoice

SUCCESS: Final = 0
ERROR: Final = 1
BAD_ARGUMENT: Final = 2
INTERRUPTED: Final = 130


def run(options: AppOptions) -> int:
    """Run the window; see `game.app.run_app`."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")
    from game.app.crash import collect_crash_logs, watch_crashes
    from game.app.window import choose_drivers

    try:
        folders = UserFolders.find(options.user_dir)
    except FileRefused as error:
        print_error(str(error))
        return BAD_ARGUMENT
    crashed = collect_crash_logs(folders)
    with watch_crashes(folders):
        named = "SDL_VIDEODRIVER" in os.environ
        real = choose_drivers()
        try:
            if not (real or named):
                _refuse_unseen(options)
            app, begin = _open(options, folders, real=real)
        except BadArgument as error:
            print_error(str(error))
            return BAD_ARGUMENT
        except KeyboardInterrupt:
            _quit_pygame()
            return INTERRUPTED
        # Closing is inside the handler, so that a second signal does not stop it half-way
        with ExitHandler(app.quit) as exits:
            try:
                _show_crashes(app, crashed)
                code = _run(app, begin)
            finally:
                app.close()
                _quit_pygame()
    return INTERRUPTED if exits.interrupted and code == SUCCESS else code


def _refuse_unseen(options: AppOptions) -> None:
    """Raise BadArgument if a person is to play on a machine without a display, which nothing but Ctrl-C would end."""
    if options.mode in PLAYED_MODES and options.seconds is None:
        raise BadArgument(
            "window: expected a display, found none (DISPLAY and WAYLAND_DISPLAY are not set); "
            "to run without a window give --seconds, or set SDL_VIDEODRIVER=dummy"
        )


def _show_crashes(app: "App", logs: list[Path]) -> None:
    """Show on the title where the log of a crashed run is; only the newest one is shown."""
    if not logs:
        return
    from game.app.ui import theme

    app.journal.note(f"an earlier run crashed: {', '.join(log.name for log in logs)}")
    place = without_home(shown_path(logs[-1]))
    app.toasts.add(app.kit.strings("toast.crashed_before", place=place), theme.RED)


def _open(options: AppOptions, folders: UserFolders, *, real: bool) -> "tuple[App, Callable[[], None]]":
    """Check the options, make the folders and open the window; return it and the function that opens its first screens.

    Raises BadArgument for a bad option. Later failures are not caused by the options.
    """
    import pygame

    from game.app.app import App
    from game.app.strings import LANGUAGES
    from game.app.ui import theme
    from game.player.settings import load_settings

    if options.mode not in MODES:
        raise BadArgument(f"mode: expected one of {', '.join(MODES)}, found {options.mode!r}")
    if options.language is not None and options.language not in LANGUAGES:
        raise BadArgument(f"language: expected one of {', '.join(LANGUAGES)}, found {options.language!r}")
    if options.seconds is not None and not 0 < options.seconds < 1e9:
        raise BadArgument(f"--seconds: expected a number above 0, found {options.seconds}")
    read_only_reason = _prepare_folders(folders)
    try:
        app = App(
            options, folders, load_settings(folders.settings), real=real, read_only_reason=read_only_reason
        )
    except pygame.error as error:
        raise BadArgument(f"window: expected a display, found none ({error})") from None
    if read_only_reason:
        print_line(app.saver.folder_message(app.kit.strings))
    cache = kernel_cache()
    if cache.problem and _compiles():
        reason = {
            "folder": shown_path(cache.wanted),
            "reason": say_of_player("private_cache", told=clean(cache.problem)),
        }
        app.toasts.add(app.kit.strings("files.uncached", **reason), theme.AMBER)
        print_line(app.kit.strings("files.uncached", **reason))
    try:
        # Before the kernels: a misspelt name is reported immediately
        wanted = None if options.mode == "menu" else _match_from_options(app)
    except BaseException:
        app.close()
        _quit_pygame()
        raise
    return app, lambda: _open_first_screens(app, wanted)


def _compiles() -> bool:
    """Return whether kernels are compiled here; llvmlite is imported for it."""
    from game.core.sim.prebuilt import prebuilt

    return prebuilt() is None


def _prepare_folders(folders: UserFolders) -> str:
    """Make the player's folders; return why they cannot be written, empty if they can.

    Raises BadArgument for a path that is not a folder: it is misspelt, and nothing could be saved there.
    """
    try:
        folders.create()
    except (NotADirectoryError, FileExistsError) as error:
        raise BadArgument(
            f"user folder: expected a folder, found {shown_path(error.filename or folders.root)} ({error.strerror})"
        ) from None
    except OSError as error:
        return system_message(error)
    return why_unwritable(folders.root)


def _match_from_options(app: "App") -> "tuple[LevelInfo, MatchChoice]":
    from game.app.playing.launch import match_from_options

    return match_from_options(app)


def _open_first_screens(app: "App", wanted: "tuple[LevelInfo, MatchChoice] | None") -> None:
    app.show("title")
    if wanted is None:
        app.frame(0.0)  # the title is shown before anything starts that it does not need
        app.library.prepare()
    app.warm.start()
    if not app.window.real:
        _wait_for_kernels(app)
    app.prepare_sounds()
    if wanted is not None and app.running:
        from game.app.playing.launch import open_match

        open_match(app, *wanted)


def _wait_for_kernels(app: "App") -> None:
    """Wait until a match can run or the player leaves; print the progress to the terminal, if there is one."""
    shows = sys.stderr.isatty()
    while app.running and not app.warm.wait(0.2):
        if shows and app.warm.compiling:
            percent = round(app.warm.progress * 100)
            sys.stderr.write(f"\rpreparing the arena (first start only): {percent:3d} %  ")
            sys.stderr.flush()
    if shows:
        sys.stderr.write("\r" + " " * 72 + "\r")


def _run(app: "App", begin: "Callable[[], None]") -> int:
    try:
        begin()
        app.run()
        if app.options.screenshot is not None and not _save_screenshot(app):
            return ERROR
        return SUCCESS
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
        print_error(
            f"screenshot: expected a file that can be written, found {shown_path(path)} ({error.strerror})"
        )
        return False
    return True


def report_crash(app: "App", error: Exception) -> "CrashReport":
    """Save log and replay, and print their path on stderr."""
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
    place = (
        f"log and replay are in {shown_path(report.folder)}"
        if report.folder
        else "the report could not be saved"
    )
    print_line(f"error: Bankshot ran into an error ({clean(report.summary)}); {place}")
    return report


def _show_crash(app: "App", report: "CrashReport") -> None:
    """Show the error screen in a real window until the player closes it."""
    if not app.window.real:
        return

    try:
        app.close_screens()
        app.backdrop.give_up()
        app.running = True
        app.show("error", report, unasked=True)
        app.run(limited=False)
    except Exception as error:  # the report is saved; a second failure has nothing to add but its name
        print_line(f"error: the error screen failed too: {type(error).__name__}: {error}")


def _quit_pygame() -> None:
    import pygame

    pygame.quit()
