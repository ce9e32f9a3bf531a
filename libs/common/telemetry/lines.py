"""Where log lines go: a write for all lines of a few milliseconds, because each request writes one, and a write to a pipe takes
longer than everything else about a line.
"""

import asyncio
import atexit
from threading import Lock
from typing import Final, TextIO

_WAIT_SECONDS: Final = 0.02
_MOST_BYTES: Final = 1 << 16


class LineWriter:
    """A logger of structlog's, and a stream of `logging`'s, before a file. Lines at info and below wait for others, at most 20 ms;
    above that nothing waits. A process that is killed loses what waits; one that ends or crashes does not.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = Lock()
        self._waiting: list[str] = []
        self._size = 0
        atexit.register(self.flush)

    def info(self, line: str) -> None:
        """Take a line that may wait."""
        with self._lock:
            first = not self._waiting
            self._waiting.append(line)
            self._size += len(line)
            full = self._size >= _MOST_BYTES
        if full or (first and not _later(self)):
            self.flush()

    debug = info

    def warning(self, line: str) -> None:
        """Write a line, and what waited before it."""
        with self._lock:
            self._waiting.append(line)
        self.flush()

    msg = log = warn = error = critical = exception = fatal = failure = err = warning

    def write(self, text: str) -> None:
        """A text of `logging`'s, with its line's end."""
        self.warning(text.removesuffix("\n"))

    def flush(self) -> None:
        """Write what waits. Nobody is told where the file is gone: there is nowhere to say it."""
        with self._lock:
            lines, self._waiting, self._size = self._waiting, [], 0
            if not lines:
                return
            lines.append("")
            try:
                self._file.write("\n".join(lines))
                self._file.flush()
            except (OSError, ValueError):
                return


def _later(writer: LineWriter) -> bool:
    """Whether the writer will be flushed by this thread's loop: without one, such as in a worker thread, nobody would."""
    try:
        asyncio.get_running_loop().call_later(_WAIT_SECONDS, writer.flush)
    except RuntimeError:
        return False
    return True
