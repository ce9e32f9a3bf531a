"""Ports: which are free, which are taken, and whether somebody is ready behind them."""

import asyncio
import errno
import random
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

# Below those that the system gives to outgoing connections, which could take one before somebody listens on it.
_FREE: Final = range(20_000, 32_000)
_TRIES: Final = 1_000
_claimed: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on now, and that no other Promptly of this machine will choose while this process lives."""
    for _ in range(_TRIES):
        port = random.choice(_FREE)  # noqa: S311 - no secret depends on it
        if claim(port):
            return port
    raise OSError(errno.EADDRINUSE, f"No port from {_FREE.start} to {_FREE.stop - 1} is free")


def claim(port: int) -> bool:
    """Whether something can listen on a port, and nobody else has claimed it. Between two that start in the same moment this
    decides: neither listens yet. A claim ends with its process; it is a name in the system's memory, so nothing stays behind.
    """
    if why_not(port) is not None:
        return False
    if sys.platform != "linux":
        return True
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0promptly/port/{port}")
    except OSError:
        held.close()
        return False
    _claimed.append(held)
    return True


def why_not(port: int) -> str | None:
    """Why nothing can listen on a port of this machine, as the rest of a sentence; None where something can."""
    if not 0 < port < 65_536:
        return "is not a port: they go from 1 to 65535"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "is for root only on this machine"
        except OSError:
            return "is taken"
    return None


async def answers(host: str, port: int) -> bool:
    """Whether a connection can be made."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def readyz(port: int) -> Callable[[], Awaitable[bool]]:
    """A question to a process's ops port."""

    async def ready() -> bool:
        return await readiness(port) == "ready"

    return ready


async def readiness(port: int) -> str:
    """What /readyz says in a word or two: ready, degraded: …, unready: …, draining, or down."""
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            body = (await client.get(f"http://127.0.0.1:{port}/readyz")).json()
    except (httpx.HTTPError, ValueError):
        return "down"
    names = body.get("missing") or body.get("degraded") or []
    return f"{body['status']}: {', '.join(names)}" if names else str(body["status"])
