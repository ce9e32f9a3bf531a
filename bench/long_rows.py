"""Long conversations through the gateway: what the first turn costs, and the tenth, and how that grows.

A part of `make bench-gateway`; alone: `python -m bench.gateway --rows conversation`. Each is an agent's session of its own. Every turn
goes straight to the upstream, through an organization without levers, and through one at the moderate level; between two turns the model
answers for some seconds, so that the next one comes when nothing works any more.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import proc, rows, sessions
from bench.programs import ProgramFailed
from bench.report import table
from bench.rows import Row

SIZES = (10_000, 100_000, 400_000)
FIRST, TENTH = 1, 10
LAST = 15  # the turns behind the tenth are like it
CONVERSATIONS = 3
_IDLE_SECONDS = 4.0
_MODERATE: Mapping[str, Any] = {"level": "moderate", "cache_enabled": False, "routing_mode": "manual"}
_OFF: Mapping[str, Any] = {"level": "off", "cache_enabled": False, "routing_mode": "manual"}
Quiet = Callable[[dict[str, int]], Awaitable[None]]
_TO = ("direct", "off", "moderate")


@dataclass
class Seen:
    """Turns of one kind: milliseconds by way, CPU seconds by way and part, and at the moderate level how many were shortened."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in _TO})
    cpu: dict[str, dict[str, float]] = field(default_factory=dict)
    shortened: int = 0
    degraded: int = 0

    @property
    def turns(self) -> int:
        """How many turns went each way."""
        return len(self.milliseconds["moderate"])

    def added(self) -> float:
        """Median milliseconds over the upstream alone."""
        return median(self.milliseconds["moderate"]) - median(self.milliseconds["direct"])

    def all_cpu(self, way: str) -> float:
        """Milliseconds of all processes for a turn."""
        return 1000 * sum(self.cpu[way].values()) / max(1, self.turns)


@dataclass
class Way:
    """One of the three ways: a connection that is kept, and the headers of its requests."""

    port: int
    key: str
    parts: dict[str, int]

    async def open(self) -> None:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=4 << 20)

    async def send(self, body: bytes) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the whole answer was there, and the answer."""
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {self.key}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        answer_head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer_head.partition("content-length:")[2].split("\r\n", 1)[0])
        answer = await self.reader.readexactly(length)
        took = 1000 * (time.perf_counter() - started)
        if not answer_head.startswith("http/1.1 200"):
            raise ProgramFailed(f"a conversation was answered with {answer_head[:12]}: {answer[:300]!r}")
        return took, json.loads(answer)

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


async def measure(
    port: int, upstream_port: int, parts: dict[str, int], quiet: Quiet, sizes: Sequence[int] = SIZES
) -> dict[tuple[int, int], Seen]:
    """The first and the tenth turn of each size, by way of the gateway on `port`, whose `parts` are `quiet` between two turns. The sizes
    take turns, so that none has the machine's best hour.
    """
    ways = {"direct": Way(upstream_port, "none", {})}
    for way, settings in (("off", _OFF), ("moderate", _MODERATE)):
        row = Row(name=way, settings=dict(settings))
        key = await rows.api_key_for(row, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{upstream_port}")
        ways[way] = Way(port, key, parts)
    for one in ways.values():
        await one.open()
    await _warm(ways)
    await quiet(parts)
    idle = await _idle(parts)
    found = {(size, turn): Seen() for size in sizes for turn in (FIRST, TENTH)}
    for number in range(CONVERSATIONS):
        for size in sizes:
            await _converse(ways, f"{size}-{number}", size, found, idle, quiet)
    for one in ways.values():
        one.close()
    return found


async def _warm(ways: Mapping[str, Way]) -> None:
    """One short conversation, so that no row pays for imports and connections."""
    body = _body(sessions.session(4_000, "warm"))
    for _ in range(8):
        for way in ways.values():
            await way.send(body)


async def _idle(parts: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds that each part takes in a second without a request: heartbeats and timers."""
    before, began = proc.exact_cpu_of(parts), time.perf_counter()
    await asyncio.sleep(_IDLE_SECONDS)
    took = time.perf_counter() - began
    return {part: (seconds - before[part]) / took for part, seconds in proc.exact_cpu_of(parts).items()}


async def _converse(
    ways: Mapping[str, Way],
    name: str,
    size: int,
    found: Mapping[tuple[int, int], Seen],
    idle: Mapping[str, float],
    quiet: Quiet,
) -> None:
    messages = sessions.session(size, name)
    for turn in range(1, LAST + 1):
        body = _body(messages)
        seen = found[size, TENTH if turn >= TENTH else FIRST] if turn == FIRST or turn >= TENTH else Seen()
        for way_name, way in ways.items():
            before, began = proc.exact_cpu_of(way.parts), time.perf_counter()
            took, answer = await way.send(body)
            await quiet(way.parts)
            seen.milliseconds[way_name].append(took)
            spent = seen.cpu.setdefault(way_name, dict.fromkeys(before, 0.0))
            after, lasted = proc.exact_cpu_of(way.parts), time.perf_counter() - began
            for part in before:
                spent[part] += after[part] - before[part] - lasted * idle[part]
            if way_name == "moderate":
                said = answer["promptly_metadata"]
                seen.shortened += said["optimized_tokens"] < said["original_tokens"]
                seen.degraded += bool(said["degraded"])
        messages = [*messages, *sessions.next_turn(name, turn)]


def _body(messages: sessions.Messages) -> bytes:
    return json.dumps({"model": sessions.MODEL, "tools": sessions.tools(), "messages": messages}).encode()


def shown(found: Mapping[tuple[int, int], Seen]) -> str:
    """The table, and how the tenth turn grows."""
    lines = []
    for (size, turn), seen in found.items():
        cpu = seen.cpu["moderate"]
        most = sorted(cpu, key=lambda part: cpu[part], reverse=True)[:3]
        named = ", ".join(f"{part} {1000 * cpu[part] / seen.turns:.1f}" for part in most)
        medians = " / ".join(f"{median(seen.milliseconds[way]):.1f}" for way in _TO)
        spent = f"{seen.all_cpu('off'):.1f} / {seen.all_cpu('moderate'):.1f}"
        optimized = f"{seen.shortened} of {seen.turns}" + (f", {seen.degraded} degraded" if seen.degraded else "")
        which = "first" if turn == FIRST else "tenth"
        lines.append([f"{size:,}, {which}", medians, f"{seen.added():.1f}", optimized, spent, named])
    head = ["tokens, turn", "p50 ms direct / off / moderate", "added p50", "optimized"]
    head += ["CPU ms off / moderate", "the most of it"]
    return "\n".join((table(head, lines), *_growth(found)))


def _growth(found: Mapping[tuple[int, int], Seen]) -> list[str]:
    small, large = found.get((100_000, TENTH)), found.get((400_000, TENTH))
    if small is None or large is None:
        return []
    whole = large.all_cpu("moderate") / small.all_cpu("moderate")
    added = [seen.all_cpu("moderate") - seen.all_cpu("off") for seen in (small, large)]
    grown = f"{added[0]:.1f} and {added[1]:.1f} ms, {added[1] / max(added[0], 0.1):.2f} ×"
    return [
        "",
        f"Tenth turn, 400k over 100k tokens: all CPU {whole:.2f} ×; the levers' own (moderate less off) {grown}.",
    ]
