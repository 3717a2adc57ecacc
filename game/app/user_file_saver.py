"""The player's files in the window: delayed writing, messages about files, and saving at the end."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from game.app.exit_handler import print_line
from game.app.strings import Strings
from game.app.ui import theme
from game.player.messages import say
from game.player.paths import UserFolders
from safefiles.late_writes import LateWrites
from safefiles.messages import Message
from safefiles.phrases import PHRASES
from safefiles.text import clean, shown_path
from safefiles.write_thread import RETRY_SECONDS
from safefiles.writing import remove_temporary_files

if TYPE_CHECKING:
    from game.app.crash import Journal
    from game.app.toasts import Toasts

FILES: Final = f"{PHRASES.prefix}."  # prefix of the ids of messages about files that cannot be saved
# messages of a database: shown once for the whole folder if nothing in it can be written
NOT_YET: Final = f"{FILES}not_yet"


def message_text(message: str, strings: Strings) -> str:
    """Return a message about a file in the player's language, if it is translated."""
    if isinstance(message, Message):
        return clean(strings.translate(message), lines=True)
    return strings("files.other", reason=clean(message))


class UserFileSaver:
    """Writes the player's files now or later, and shows once which ones are not saved."""

    def __init__(self, folders: UserFolders, read_only_reason: str = "") -> None:
        """`read_only_reason`: why the user folder cannot be written; empty if it can."""
        self.messages: list[str] = []
        self.late = LateWrites(self.messages)
        self.read_only_reason = read_only_reason
        self._folders = folders
        self._waited = 0.0
        if not read_only_reason:
            remove_temporary_files(folders.writers())

    def folder_message(self, strings: Strings) -> str:
        """Return the message that nothing is saved if the user folder cannot be written, otherwise ""."""
        if not self.read_only_reason:
            return ""
        return strings("files.unkept", folder=shown_path(self._folders.root), reason=self.read_only_reason)

    def poll(self, seconds: float) -> None:
        """Retry failed writes at intervals; call it every frame."""
        self._waited += seconds
        if self._waited >= RETRY_SECONDS:
            self._waited = 0.0
            if self.late.behind:
                self.late.catch_up()

    def show_messages(self, toasts: "Toasts", strings: Strings, sources: Iterable[list[str]]) -> None:
        """Show the messages about the player's files."""
        for messages in (self.messages, *sources):
            while messages:  # one by one: a thread may add messages at the same time
                message = messages.pop(0)
                if not (self.read_only_reason and isinstance(message, Message) and message.key == NOT_YET):
                    toasts.add(message_text(message, strings), theme.AMBER)

    def close(
        self,
        journal: "Journal",
        strings: Strings,
        sources: Iterable[list[str]],
        steps: Iterable[Callable[[], object]],
    ) -> None:
        """Run every step of closing, even if one raises, and print the messages that the window can no longer show."""
        for step in steps:
            try:
                step()
            except Exception as error:  # the other steps must save their data too
                journal.note(f"closing: {type(error).__name__}: {error}")
                self.messages.append(say("closing", kind=type(error).__name__, told=clean(str(error))))
        for messages in (self.messages, *sources):
            for message in messages:
                if not (
                    self.read_only_reason and isinstance(message, Message) and message.key.startswith(FILES)
                ):
                    print_line(message_text(message, strings))
            messages.clear()
