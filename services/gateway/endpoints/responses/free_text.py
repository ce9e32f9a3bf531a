"""The input of a tool of free text, which other providers only send inside a JSON object."""

import json
import re

_PREFIX = re.compile(r'\s*\{\s*"input"\s*:\s*"')
# Not a possessive group: before Python 3.11.5 such a group keeps half of an escape that does not match (gh-106052).
_WHOLE = re.compile(r'[^"\\]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\]*+)*')
_FIRST_HALF = re.compile(r"(?<!\\)(?:\\\\)*+(\\u[dD][89abAB][0-9a-fA-F]{2})\Z")
_MAX_PREFIX = 64


class TextValue:
    """Reads the text in `{"input": "…"}` while it arrives, however it is cut."""

    def __init__(self) -> None:
        self._inside = False
        self._over = False
        self._buffer = ""
        self._pieces: list[str] = []
        self._odd = False

    def feed(self, piece: str) -> str:
        """The characters of the text that this piece completes."""
        if self._odd:
            self._pieces.append(piece)
            return ""
        self._buffer += piece
        if not self._inside:
            found = _PREFIX.match(self._buffer)
            if found is None:
                if len(self._buffer) > _MAX_PREFIX:
                    self._odd, self._pieces = True, [self._buffer]
                return ""
            self._inside = True
            self._buffer = self._buffer[found.end() :]
        return "" if self._over else self._take()

    def rest(self) -> str:
        """What could not be read while it arrived."""
        if self._inside:
            return ""
        said = "".join(self._pieces) or self._buffer
        try:
            found = json.loads(said)
        except (ValueError, RecursionError):
            return said
        value = found.get("input", said) if isinstance(found, dict) else said
        return value if isinstance(value, str) else json.dumps(value)

    def _take(self) -> str:
        found = _WHOLE.match(self._buffer)
        assert found is not None
        said = found[0]
        self._over = self._buffer[found.end() : found.end() + 1] == '"'
        if not self._over and (half := _FIRST_HALF.search(said)) is not None:
            said = said[: half.start(1)]
        self._buffer = self._buffer[len(said) :]
        text: str = json.loads(f'"{said}"', strict=False)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
