"""Anthropic's prompt cache, as its documentation describes it: what a request reads, writes and pays in full.

A prompt is a list of blocks: tools, then system, then messages. A breakpoint caches all that is before it, for five minutes or an
hour, each read anew. From a breakpoint the provider looks back over 20 blocks for something that it has cached. Prompts below the
least length are not cached. What the marks say is no part of what is compared, and a plain string is one block of text.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fake_provider import meter
from tests.fake_provider.meter import Usage

LEAST = 1_024
_LOOK_BACK = 20
_SECONDS = {"5m": 300.0, "1h": 3_600.0}


class PrefixCache:
    """What the provider has cached, by account. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float], least: int = LEAST) -> None:
        self._clock = clock
        self._least = least
        self._kept: dict[tuple[str, str, bytes], tuple[float, float]] = {}

    def used(self, account: str, model: str, body: dict[str, Any]) -> Usage:
        """The input of a request in its classes; what is cached from now on is noted."""
        now = self._clock()
        sizes, digests = [0], [b""]
        marks: dict[int, str] = {}
        for at, (role, block, mark) in enumerate(blocks(body), start=1):
            told = json.dumps([role, block], ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
            sizes.append(sizes[-1] + meter.count_texts(model, block))
            digests.append(hashlib.sha256(digests[-1] + told).digest())
            if mark is not None:
                marks[at] = mark
        if body.get("cache_control") and len(sizes) > 1:
            marks.setdefault(len(sizes) - 1, body["cache_control"].get("ttl", "5m"))
        reads = 0
        for at in marks:
            for place in range(at, max(0, at - _LOOK_BACK - 1), -1):
                name = (account, model, digests[place])
                kept = self._kept.get(name)
                if kept is not None and kept[0] > now and place > reads:
                    reads = place
        if reads:
            name = (account, model, digests[reads])
            self._kept[name] = (now + self._kept[name][1], self._kept[name][1])
        written = {"5m": 0, "1h": 0}
        begun = reads
        for at, mark in sorted(marks.items()):
            if sizes[at] < self._least:
                continue
            seconds = _SECONDS[mark]
            self._kept[account, model, digests[at]] = (now + seconds, seconds)
            if at > begun:
                written[mark] += sizes[at] - sizes[begun]
                begun = at
        plain = sizes[-1] - sizes[max(begun, reads)]
        return Usage(plain, sizes[reads], written["5m"], written["1h"])


def blocks(body: dict[str, Any]) -> Iterator[tuple[Any, Any, str | None]]:
    """Where each block stands, the block without its mark, and the lifetime that the mark asks for."""
    for tool in body.get("tools") or ():
        yield _apart("tool", tool)
    for block in _listed(body.get("system")):
        yield _apart("system", block)
    for message in body.get("messages") or ():
        for block in _listed(message.get("content")):
            yield _apart(message.get("role"), block)


def _apart(role: Any, block: Any) -> tuple[Any, Any, str | None]:
    if not isinstance(block, dict) or "cache_control" not in block:
        return role, block, None
    mark = block["cache_control"] or {}
    return role, {name: value for name, value in block.items() if name != "cache_control"}, mark.get("ttl", "5m")


def _listed(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content or []
