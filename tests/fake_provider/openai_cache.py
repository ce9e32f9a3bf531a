"""OpenAI's prompt cache, as its documentation describes it: requests are routed to machines, each of which caches by itself.

A request goes to the machine for what its prompt begins with (about 256 tokens) and its `prompt_cache_key`; of each such pair a machine
takes about 15 requests a minute, and what is more goes to further ones. Prompts of 1,024 tokens and more are cached. Models
without a price for writes cache by themselves and at no cost, in blocks of 128 tokens; the others at the ends of messages, of which
the last one's is not read, and what they write costs more.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from tests.fake_provider import meter, wire_responses
from tests.fake_provider.meter import Usage

LEAST = 1_024
A_MINUTE = 15
_BLOCK = 128
_HEAD = 1_024  # characters, which is about 256 tokens
_SECONDS, _SECONDS_PAID = 300.0, 1_800.0


class OpenAICache:
    """What the provider has cached, by account and machine. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[bytes, int, bytes], float] = {}
        self._taken: dict[tuple[bytes, int], deque[float]] = {}
        self._sizes: dict[bytes, int] = {}

    def used(self, account: str, model: str, body: dict[str, Any]) -> Usage:
        """The input of a request in its classes; what is cached from now on is noted."""
        now = self._clock()
        told = [json.dumps(block, ensure_ascii=False).encode("utf-8", "surrogatepass") for block in _blocks(body)]
        sizes, digests = [0], [b""]
        for block, text in zip(_blocks(body), told, strict=True):
            digests.append(hashlib.sha256(digests[-1] + text).digest())
            if digests[-1] not in self._sizes:
                self._sizes[digests[-1]] = meter.count_texts(model, block)
            sizes.append(sizes[-1] + self._sizes[digests[-1]])
        named = json.dumps([account, model, body.get("prompt_cache_key")]).encode()
        route = hashlib.sha256(named + b"".join(told)[:_HEAD]).digest()
        machine = self._machine(route, now)
        if sizes[-1] < LEAST:
            return Usage(sizes[-1])
        row = meter.price(model, sizes[-1])
        paid = row is not None and row.cache_write_5m != row.input
        read = 0
        for place in range(len(digests) - (2 if paid else 1), 0, -1):
            if self._kept.get((route, machine, digests[place]), 0.0) > now:
                read = sizes[place] if paid else sizes[place] // _BLOCK * _BLOCK
                break
        read = read if read >= LEAST else 0
        for digest in digests[1:]:
            self._kept[route, machine, digest] = now + (_SECONDS_PAID if paid else _SECONDS)
        rest = sizes[-1] - read
        return Usage(0, read, rest) if paid else Usage(rest, read)

    def _machine(self, route: bytes, now: float) -> int:
        at = 0
        while True:
            taken = self._taken.setdefault((route, at), deque())
            while taken and taken[0] <= now - 60:
                taken.popleft()
            if len(taken) < A_MINUTE:
                taken.append(now)
                return at
            at += 1


def _blocks(body: dict[str, Any]) -> Iterator[Any]:
    yield from body.get("tools") or ()
    if body.get("instructions"):
        yield body["instructions"]
    yield from body["messages"] if "messages" in body else wire_responses.items(body)
