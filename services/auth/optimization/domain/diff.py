"""The difference between two texts as pieces."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Op = Literal["same", "removed", "added"]
_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_PIECES: Final = 8_000
_MOST_EDITS: Final = 300


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of text that is unchanged, removed or added."""

    op: Op
    text: str


class Differ:
    """Compares texts for one reader, at a bounded cost: `edits` is how many insertions and deletions it looks for in all.

    Texts that differ in more words are compared by line, and those that differ in more lines are shown one after the other.
    """

    def __init__(self, edits: int = 1_000) -> None:
        self._left = edits

    def pieces(self, before: str, after: str) -> list[Piece]:
        """In order: `same` and `removed` make up the text before, `same` and `added` the one after."""
        if before == after:
            return [Piece(op="same", text=before)] if before else []
        for pattern in (_WORDS, _LINES):
            old, new = pattern.findall(before), pattern.findall(after)
            if len(old) + len(new) > _MOST_PIECES or not self._left:
                continue
            path = _shortest(old, new, min(_MOST_EDITS, self._left))
            if path is not None:
                self._left -= len(path)
                return _read(old, new, path)
        self._left = max(0, self._left - _MOST_EDITS)
        return [Piece(op=op, text=text) for op, text in (("removed", before), ("added", after)) if text]  # type: ignore[arg-type]


def _shortest(old: Sequence[str], new: Sequence[str], most: int) -> list[tuple[int, int]] | None:
    """Where the fewest edits stand, as points (in `old`, in `new`) before each; None where more than `most` are needed.

    Myers' greedy search: E. W. Myers, An O(ND) difference algorithm and its variations, 1986.
    """
    reach, trail = {1: 0}, []
    for edits in range(most + 1):
        trail.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _back(trail, len(old), len(new))
    return None


def _back(trail: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The edits on the way there, first to last."""
    path = []
    for edits in range(len(trail) - 1, 0, -1):
        reach, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        from_diagonal = diagonal + 1 if down else diagonal - 1
        x = reach[from_diagonal]
        y = x - from_diagonal
        path.append((x, y))
    return path[::-1]


def _read(old: Sequence[str], new: Sequence[str], path: Sequence[tuple[int, int]]) -> list[Piece]:
    """The pieces along a path; between two edits all is the same on both sides."""
    found: list[tuple[Op, str]] = []
    x = 0
    for number, (at_old, at_new) in enumerate(path):
        found.append(("same", "".join(old[x:at_old])))
        following = path[number + 1] if number + 1 < len(path) else (len(old), len(new))
        added = following[1] - at_new > following[0] - at_old
        found.append(("added", new[at_new]) if added else ("removed", old[at_old]))
        x = at_old if added else at_old + 1
    found.append(("same", "".join(old[x:])))
    return _joined(found)


def _joined(found: Sequence[tuple[Op, str]]) -> list[Piece]:
    """Neighbours of a kind as one; of an exchange, first what went, then what came."""
    pieces: list[Piece] = []
    gone = came = ""
    for op, text in (*found, ("same", "\0")):
        if op == "removed":
            gone += text
        elif op == "added":
            came += text
        elif text:
            pieces += [Piece(op="removed", text=gone)] if gone else []
            pieces += [Piece(op="added", text=came)] if came else []
            gone = came = ""
            pieces.append(Piece(op="same", text=text))
    return pieces[:-1]
