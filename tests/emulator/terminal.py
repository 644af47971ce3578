"""A terminal, at which a user types when asked."""

import os
import pathlib
import pty
import select
import signal
import time

LIMIT = 60


class Terminal:
    """A command that runs in a new terminal."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str], *command: str):
        self.process, self.screen = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            # As in a terminal that a user opens. A shell in the background, and what runs without a terminal, ignore them.
            for ending in (signal.SIGINT, signal.SIGHUP):
                signal.signal(ending, signal.SIG_DFL)
            os.execvpe(command[0], command, environment)
        self.shown = ""

    def answer(self, question: str, words: str) -> None:
        """Waits for a question and types the answer."""
        self.wait_for(question)
        self.shown = ""
        os.write(self.screen, f"{words}\n".encode())

    def wait_for(self, words: str) -> None:
        """Waits until the screen shows these words."""
        end = time.monotonic() + LIMIT
        while words not in self.shown:
            if not self.read(end - time.monotonic()):
                raise AssertionError(f"The screen never shows {words!r}: {self.shown}")

    def read(self, seconds: float) -> bool:
        """Reads what is shown next. Returns whether there is more to come."""
        if seconds < 0 or not select.select([self.screen], [], [], seconds)[0]:
            return False
        try:
            shown = os.read(self.screen, 65536)
        except OSError:
            # All that wrote to it have ended.
            return False
        self.shown += shown.decode(errors="replace").replace("\r", "")
        return bool(shown)

    def end(self) -> int:
        """Waits until the command ends. Returns its status."""
        end = time.monotonic() + LIMIT
        while self.read(end - time.monotonic()):
            pass
        return self.ended()

    def interrupt(self) -> None:
        """Types Ctrl-C and waits until the command has ended."""
        os.killpg(self.process, signal.SIGINT)
        self.end()

    def ended(self) -> int:
        # What still runs is told that its terminal is gone.
        os.close(self.screen)
        end = time.monotonic() + LIMIT
        while not (ended := os.waitpid(self.process, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.killpg(self.process, signal.SIGKILL)
            time.sleep(0.05)
        return os.waitstatus_to_exitcode(ended[1])
