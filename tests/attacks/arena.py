"""Where an attack meets its victim, and what is written down about it."""

import asyncio
from dataclasses import dataclass

import psutil

from tests.attacks.attacker import attacker, with_wide_limits
from tests.attacks.attacks import Attack
from tests.attacks.victim import Suffered, beside
from tests.fixtures.running import Running


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


async def row(running: Running, attack: Attack, seconds: float) -> Row:
    """Run one attack beside a victim who is served by an honest provider."""
    victim = await asyncio.to_thread(running.account)
    await asyncio.to_thread(with_wide_limits, victim)
    async with attacker(running, attack) as hostile:
        before = _memory(running)
        suffered = await beside(running, victim, hostile.go(), seconds)
        return Row(attack.grade, attack.name, suffered, _memory(running) - before)


def _memory(running: Running) -> float:
    total = 0
    for process in psutil.Process(running.process.pid).children(recursive=True):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / (1 << 20)
