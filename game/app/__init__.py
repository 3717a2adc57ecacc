"""The window: screens, widgets, input and sound around the one core. pygame is imported when `run_app` is called."""

from game.app.window_options import AppOptions

__all__ = ["AppOptions", "run_app"]


def run_app(options: AppOptions) -> int:
    """Open the window and run until the player leaves; return the exit code.

    0: success, 1: an uncaught error (log and replay saved, their path printed), 2: a bad argument (one line printed).
    """
    from game.app.main import run

    return run(options)
