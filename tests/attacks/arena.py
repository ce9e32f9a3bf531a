"""Where an attack meets its victim, and what is written down about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import psutil

from tests.attacks.attacks import Arena, Attack
from tests.attacks.provider import BODIES, HostileProvider, hostile_provider
from tests.attacks.victim import Suffered, beside
from tests.fixtures.running import Account, Running


@dataclass
class Row:
    """One line of the table; `memory` is what the processes grew by, in MiB."""

    grade: str
    name: str
    victim: Suffered
    memory: float

    @staticmethod
    def head() -> str:
        return (
            f"{'':<2}{'attack':<38}{'sent':>6}{'answered':>9}{'recorded':>9}{'api':>8}{'worst ms':>10}{'added':>8}"
            f"{'p99':>8}{'MiB':>7}"
        )

    def line(self, calm: "Row") -> str:
        """The figures; `added` is the worst wait beyond the worst without an attack."""
        v = self.victim
        added = v.worst - calm.victim.worst
        return (
            f"{self.grade:<2}{self.name:<38}{v.sent:>6}{v.answered:>9}{v.recorded:>9}{f'{v.told}/{v.asked}':>8}{v.worst:>10.0f}"
            f"{added:>8.0f}{v.p99:>8.0f}{self.memory:>7.0f}  {v.failures}"
        ).rstrip()

    def hurt(self, calm: "Row", most_added: float) -> bool:
        """Whether the victim went without an answer or a record, or waited longer than without the attack by so much."""
        v = self.victim
        return (
            v.answered < v.sent
            or v.recorded < v.answered
            or v.told < v.asked
            or v.worst - calm.victim.worst > most_added
        )


class OpenArena(Arena):
    """An arena with a victim in it."""

    victim: Account

    async def row(self, attack: Attack, seconds: float) -> Row:
        """Run one attack beside the victim."""
        before = _memory(self.running)
        suffered = await beside(self.running, self.victim, attack.run(self), seconds)
        return Row(attack.grade, attack.name, suffered, _memory(self.running) - before)


@asynccontextmanager
async def open_arena(running: Running) -> AsyncIterator[OpenArena]:
    """An attacker with a provider of its own, and a victim who is served by an honest one."""
    async with hostile_provider() as provider:
        made = await asyncio.to_thread(_accounts, running, provider)
        arena = OpenArena(running, made[0], provider)
        arena.victim = made[1]
        yield arena


def _accounts(running: Running, provider: HostileProvider) -> tuple[Account, Account]:
    attacker, victim = running.account(), running.account()
    key = {
        "provider": "openai",
        "api_key": "sk-hostile-0001",
        "base_url": provider.url,
        "models": [*BODIES, "silent", "drip"],
    }
    httpx.post(f"{running.url}/api/keys/providers", json=key, headers=attacker.headers, timeout=10).raise_for_status()
    for account in (attacker, victim):
        # As many requests a minute as anybody may ask for.
        wanted = {"name": "load", "scopes": ["chat", "optimize"], "rpm": 100_000}
        answer = httpx.post(f"{running.url}/api/keys/platform", json=wanted, headers=account.headers, timeout=10)
        answer.raise_for_status()
        account.api_key = answer.json()["api_key"]
    return attacker, victim


def _memory(running: Running) -> float:
    total = 0
    for process in psutil.Process(running.process.pid).children(recursive=True):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / (1 << 20)
