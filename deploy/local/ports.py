"""Ports: which are free, which are taken, and whether somebody is ready behind them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpx


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
