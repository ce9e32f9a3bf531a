"""Checks of what answers: NATS, the services, Postgres, the gateway's public port; and of the clocks on the way."""

import asyncio
import time
from typing import Final
from urllib.parse import urlsplit

from deploy.doctor.finding import Finding, failed, ok, skipped, warning
from libs.common.bus.access import OPERATOR
from libs.common.bus.nats import BusRefused, NatsBus
from libs.common.contracts.status import SERVICES, AskStatus, status_of
from libs.common.errors import DeadlineExceeded, NoResponders, PromptlyError
from libs.common.version import VERSION

_SECONDS: Final = 3.0
_CLOCK_SECONDS: Final = 2.0  # off by more: the log shows requests at the wrong time
_SCHEMAS: Final = ("auth", "analytics", "alerts")


async def check_nats(url: str) -> list[Finding]:
    """NATS itself, its clock, and every service that listens on it. The first address that answers is taken."""
    reachable = [one for one in url.split(",") if await _listens(one.strip())]
    where = ", ".join(_place(one) for one in url.split(","))
    if not reachable:
        return [failed("nats", f"Nothing answers at {where}.", "Start NATS, or correct PROMPTLY_NATS_URL.")]
    bus = NatsBus(url, OPERATOR)
    try:
        await bus.start(_SECONDS)
        if not bus.connected:
            return [
                failed(
                    "nats",
                    f"NATS at {where} does not let `operator` in.",
                    "Name the user and password of deploy/nats.conf in PROMPTLY_NATS_URL, tls:// where it asks for TLS.",
                )
            ]
        found = [ok("nats", f"NATS at {where} answers.")]
        if (now := bus.time()) is None:
            found.append(
                failed(
                    "nats",
                    "NATS has no stream of Promptly.",
                    "Switch JetStream on and give it a disk (deploy/nats.conf); gateway and auth make the streams when they start.",
                )
            )
        else:
            found.append(clock("NATS", now))
        return [*found, *await asyncio.gather(*(_service(bus, name) for name in SERVICES))]
    except BusRefused as error:
        return [failed("nats", str(error), "Correct PROMPTLY_NATS_URL: nats://user:password@host:4222.")]
    finally:
        await bus.drain(0)


async def _service(bus: NatsBus, name: str) -> Finding:
    try:
        status = await bus.call(status_of(name), AskStatus())
    except NoResponders:
        return failed(
            name, f"{name} does not run, or reaches another NATS.", f"Start it; its log says why it ended: {name}."
        )
    except DeadlineExceeded:
        return failed(
            name,
            f"{name} does not answer in time.",
            "Is it overloaded, or is the user of `operator` of an older release?",
        )
    except PromptlyError as error:
        return failed(name, error.message, f"The log of {name} has more.")
    if status.missing:
        return failed(
            name, f"{name} waits for: {', '.join(status.missing)}.", f"Mend that; the log of {name} has more."
        )
    if status.degraded:
        return warning(
            name, f"{name} works without: {', '.join(status.degraded)}.", "Requests are served and cost more."
        )
    if status.version != VERSION:
        return warning(
            name, f"{name} is of release {status.version}, and this is {VERSION}.", "Upgrade all to one release."
        )
    return ok(name, f"{name} is ready.")


async def check_postgres(url: str) -> list[Finding]:
    """Postgres, its clock, and whether the services have made their tables there."""
    try:
        import asyncpg  # noqa: PLC0415 - an operator's image has no driver
    except ImportError:
        return [skipped("postgres", "There is no driver for Postgres here; the services say whether they reach it.")]
    mend = "Start it, or correct PROMPTLY_DATABASE_URL (postgresql://user:password@host/database)."
    plain = url.replace("postgresql+asyncpg://", "postgresql://").replace("pgbouncer=true", "").rstrip("?&")
    try:
        connection = await asyncpg.connect(plain, timeout=_SECONDS, statement_cache_size=0)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # The driver's text may hold the address with its password.
        return [failed("postgres", f"Postgres cannot be reached ({type(error).__name__}).", mend)]
    try:
        now = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
        rows = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)", list(_SCHEMAS))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [failed("postgres", f"Postgres does not answer a question ({type(error).__name__}).", mend)]
    finally:
        await connection.close(timeout=_SECONDS)
    absent = sorted(set(_SCHEMAS) - {row["nspname"] for row in rows})
    if absent:
        return [
            failed(
                "postgres",
                f"Postgres answers, and has nothing of: {', '.join(absent)}.",
                "Start these services: each makes its tables. Or is this another database than theirs?",
            )
        ]
    return [ok("postgres", "Postgres answers and has every service's tables."), clock("Postgres", now)]


async def check_gateway(url: str) -> list[Finding]:
    """The port that clients use."""
    try:
        import httpx  # noqa: PLC0415 - an operator's image has no HTTP client
    except ImportError:
        return [skipped("gateway port", "There is no HTTP client here; gateways say on the bus how they are.")]
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{url.rstrip('/')}/readyz")
            body = answer.json()
            status, names = body["status"], body.get("missing") or body.get("degraded") or []
    except (httpx.HTTPError, httpx.InvalidURL):
        return [
            failed(
                "gateway port",
                f"Nothing answers at {url}.",
                "Start the gateway, or correct PROMPTLY_URL or PROMPTLY_PORT.",
            )
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [
            failed("gateway port", f"What answers at {url} is no Promptly.", "Correct PROMPTLY_URL or PROMPTLY_PORT.")
        ]
    if answer.status_code != 200:
        return [
            failed("gateway port", f"The gateway at {url} says {status}: {', '.join(names)}.", "Mend what it names.")
        ]
    if names:
        return [
            warning("gateway port", f"The gateway at {url} works without: {', '.join(names)}.", "Mend what it names.")
        ]
    return [ok("gateway port", f"The gateway at {url} is ready.")]


def clock(whose: str, theirs: float) -> Finding:
    """This machine's clock beside another's; `theirs` is seconds since the epoch, just read."""
    off = time.time() - theirs
    if abs(off) > _CLOCK_SECONDS:
        way = "ahead of" if off > 0 else "behind"
        return failed(
            "clock",
            f"This machine's clock is {abs(off):.0f} s {way} that of {whose}: tokens expire early or late, and records have wrong times.",
            "Let an NTP client (chrony, systemd-timesyncd) set the clocks of all machines.",
        )
    return ok("clock", f"This machine's clock and that of {whose} agree.")


async def _listens(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname or "127.0.0.1", parts.port or 4222)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True


def _place(url: str) -> str:
    """An address without its user and password."""
    return url.strip().rpartition("@")[2].rpartition("://")[2]
