"""Looks at a multipart body while it passes, without changing it: the values of its short fields."""

import re
from collections.abc import Mapping
from typing import Final

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME: Final = re.compile(rb'[;\s]name\*?=(?:"([^"]{1,256})"|([^\s;"]{1,256}))', re.IGNORECASE)
_FILE: Final = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)
_MAX_HEAD: Final = 16 << 10
_MAX_VALUE: Final = 4 << 10
_MAX_FIELDS: Final = 256


def boundary_of(content_type: str) -> bytes | None:
    """The boundary that a content type names; None where it is no multipart form."""
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    found = _BOUNDARY.search(content_type)
    return None if found is None else (found[1] or found[2]).encode("latin-1", "replace")


class MultipartScanner:
    """One body, in pieces. `fields` are the values so far of fields that are no files, by name; `repeated`
    names those that came more than once, `files` counts the files. Memory stays flat.
    """

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._rest = b"\r\n"  # the first delimiter has no line before it
        self._head: bytes | None = None  # of a part whose head is not yet whole
        self._name: str | None = None
        self._value = b""
        self._skip = 0  # bytes of the head's last line that are no value
        self.files = 0
        self.repeated: set[str] = set()
        self._fields: dict[str, str] = {}

    @property
    def fields(self) -> Mapping[str, str]:
        """Fields that have come whole; the first of a name counts."""
        return self._fields

    def feed(self, piece: bytes) -> None:
        """Look at the next piece."""
        data = self._rest + piece
        at = 0
        while True:
            if self._head is not None:
                end = data.find(b"\r\n\r\n", at)
                if end < 0:
                    if len(data) - at > _MAX_HEAD:
                        self._head = None  # no head of a form's; its content is passed over
                    self._rest = data[at:]
                    return
                self._open(data[at:end])
                at = end + 4 - 2  # an empty part's delimiter begins with the line that ends the head
                self._head, self._skip = None, 2
                continue
            found = data.find(self._delimiter, at)
            if found < 0:
                keep = max(at, len(data) - len(self._delimiter) + 1)
                self._take(data[at:keep])
                self._rest = data[keep:]
                return
            self._take(data[at:found])
            self._close()
            at = found + len(self._delimiter)
            self._head = b""

    def _open(self, head: bytes) -> None:
        if _FILE.search(head) is not None:
            self.files += 1
            self._name = None
            return
        found = _NAME.search(head)
        self._name = None if found is None else (found[1] or found[2]).decode("utf-8", "replace")
        self._value = b""

    def _take(self, data: bytes) -> None:
        if self._skip:
            data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        if self._name is not None and len(self._value) <= _MAX_VALUE:
            self._value += data

    def _close(self) -> None:
        if self._name is not None and len(self._value) <= _MAX_VALUE and len(self._fields) < _MAX_FIELDS:
            if self._name in self._fields:
                self.repeated.add(self._name)
            self._fields.setdefault(self._name, self._value.decode("utf-8", "replace"))
        self._name, self._value, self._skip = None, b"", 0
