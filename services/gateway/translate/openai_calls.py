"""The tool calls of one streamed choice: which call each piece belongs to, and what a client needs to see that, too.

Clients put calls together by their index. Servers leave it out, give every call the same, count from one, or repeat ids:
here each call gets its place among the calls, and what was said once is not said again.
"""

import hashlib
from typing import Any

import msgspec

from services.gateway.translate.fields import BROKEN, MAX_NAME, Fields, raw

_MOST_CALLS = 1024
_MOST_PIECES = 256


class StreamedCalls:
    """`seed` makes ids for calls that came without one."""

    def __init__(self, seed: str) -> None:
        self.made: list[dict[str, Any]] = []
        self._seed = seed
        self._by_index: dict[int, int] = {}
        self._given: list[str] = []
        self._pieces: list[list[str]] = []

    def take(self, call: Fields) -> None:
        """Add a piece, mended before, and change it to what a client has to get."""
        index, given = call.value("index"), call.text("id")
        index = index if isinstance(index, int) and not isinstance(index, bool) else None
        function = call.object("function")
        slot = self._slot(index, given, function)
        if slot is None:
            slot = self._new(index, given, call)
            call.values["id"] = raw(self.made[slot]["id"])
        else:
            for name in ("id", "type"):
                call.values.pop(name, None)
            if function.text("name") == self.made[slot]["name"]:
                function.values.pop("name", None)
        call.values["index"] = raw(slot)
        made = self.made[slot]
        if "custom" in call.values:
            made["type"], function = "custom", call.object("custom")
        elif function.values:
            call.values["function"] = msgspec.Raw(function.encode())
        if len(made["name"]) < MAX_NAME:
            made["name"] += function.text("name")
        if said := function.text("arguments") or function.text("input"):
            self._pieces[slot].append(said)
        if (extra := call.value("extra_content")) is not None:
            made["extra_content"] = extra

    def extend(self, slot: int, arguments: str) -> None:
        """Add a piece that holds nothing but arguments of a call that has begun."""
        if arguments:
            self._pieces[slot].append(arguments)

    @property
    def ids(self) -> list[str]:
        """The ids of the calls so far."""
        return [made["id"] for made in self.made]

    @property
    def whole(self) -> list[dict[str, Any]]:
        """The calls so far, as a message has them."""
        found = []
        for made, pieces in zip(self.made, self._pieces, strict=True):
            kind, said = ("custom", "input") if made["type"] == "custom" else ("function", "arguments")
            call = {"id": made["id"], "type": made["type"], kind: {"name": made["name"], said: "".join(pieces)}}
            found.append(call | ({"extra_content": made["extra_content"]} if "extra_content" in made else {}))
        return found

    def _slot(self, index: int | None, given: str, function: Fields) -> int | None:
        """The call that a piece goes on with; None: it begins one."""
        if not self.made or len(self.made) >= _MOST_CALLS:
            return len(self.made) - 1 if self.made else None
        slot = len(self.made) - 1 if index is None else self._by_index.get(index)
        if slot is None:
            return None
        if given and self._given[slot] and given != self._given[slot]:
            # Another id is another call, or a call further back where every index is the same.
            return next((at for at, known in enumerate(self._given) if known == given), None)
        if not given and function.text("name") and self._is_complete(slot):
            return None
        return slot

    def _new(self, index: int | None, given: str, call: Fields) -> int:
        slot = len(self.made)
        if index is not None:
            self._by_index[index] = slot
        seed = f"{self._seed}:{slot}".encode()
        name = given or "call_" + hashlib.blake2b(seed, digest_size=12).hexdigest()
        if any(made["id"] == name for made in self.made):
            name = f"{name[:200]}_{slot}"
        self._given.append(given)
        self._pieces.append([])
        kind = call.text("type") or ("custom" if "custom" in call.values else "function")
        call.values["type"] = raw(kind)
        self.made.append({"id": name, "type": kind, "name": ""})
        return slot

    def _is_complete(self, slot: int) -> bool:
        """Whether a call has all its arguments, so that another name can only begin another call."""
        if not self.made[slot]["name"]:
            return False
        pieces = self._pieces[slot]
        if len(pieces) > _MOST_PIECES:
            return pieces[-1].endswith("}")
        try:
            return isinstance(msgspec.json.decode("".join(pieces) or "{}"), dict)
        except BROKEN:
            return False


def distinct_ids(calls: list[Fields], seed: str) -> bool:
    """Give each call of a whole message an id of its own; whether one was changed."""
    taken: set[str] = set()
    changed = False
    for at, call in enumerate(calls):
        name = call.text("id")
        if not name or name in taken:
            digest = hashlib.blake2b(f"{seed}:{at}".encode(), digest_size=12).hexdigest()
            name = f"{name[:200]}_{at}" if name else f"call_{digest}"
            call.values["id"] = raw(name)
            changed = True
        taken.add(name)
    return changed
