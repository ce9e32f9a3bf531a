"""The attacker's process: an organization and a provider of its own, and one attack, so that what it costs is not the victim's."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import httpx

from tests.attacks.attacks import ATTACKS, CALM, Arena, Attack
from tests.attacks.provider import BODIES, hostile_provider
from tests.fixtures.running import Account, Running

_ROOT = Path(__file__).parents[2]
_READY = b"ready\n"


class AttackFailed(Exception):
    """An attack broke off by a fault of its own; it shows nothing."""


class Attacker:
    """One attack in a process of its own; `go` begins it and lasts as long as it does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def go(self) -> None:
        """`AttackFailed` where it broke off."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        await self._process.stdin.drain()
        if await self._process.wait() != 0:
            raise AttackFailed("The attack broke off; its words are above.")


@asynccontextmanager
async def attacker(running: Running, attack: Attack) -> AsyncIterator[Attacker]:
    """An attacker who has registered and waits; ended with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attacks.attacker", running.url, running.upstream_url, attack.name),
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        if await process.stdout.readline() != _READY:
            raise AttackFailed("The attacker could not register.")
        yield Attacker(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def with_wide_limits(account: Account) -> None:
    """As many requests a minute as anybody may ask for."""
    wanted = {"name": "load", "scopes": ["chat", "optimize"], "rpm": 100_000}
    url = f"{account.running.url}/api/keys/platform"
    answer = httpx.post(url, json=wanted, headers=account.headers, timeout=10)
    answer.raise_for_status()
    account.api_key = answer.json()["api_key"]


async def _main(url: str, upstream_url: str, name: str) -> None:
    running = Running(url, upstream_url, Path(), Path(), cast("subprocess.Popen[bytes]", None))
    (attack,) = [one for one in (CALM, *ATTACKS) if one.name == name]
    async with hostile_provider() as provider:
        account = await asyncio.to_thread(running.account)
        models = [*BODIES, "silent", "drip"]
        key = {"provider": "openai", "api_key": "sk-hostile-0001", "base_url": provider.url, "models": models}
        async with httpx.AsyncClient(timeout=10) as api:
            made = await api.post(f"{url}/api/keys/providers", json=key, headers=account.headers)
        made.raise_for_status()
        await asyncio.to_thread(with_wide_limits, account)
        sys.stdout.buffer.write(_READY)
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await attack.run(Arena(running, account, provider))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:4]))
