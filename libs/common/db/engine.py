"""The engine, and the unit of work: the only place in Promptly that commits."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.common.errors import Unavailable

_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InterfaceError,
    PoolTimeout,
    OSError,  # the socket's file is gone, the port refuses, the time is up
)


class Database:
    """One Postgres. `async with database() as tx:` is one transaction: committed when the block ends, undone if it raises.

    Where Postgres is away, or goes away meanwhile, the block ends with `Unavailable`, and nothing of it was kept. (Of a
    commit whose confirmation was lost nobody knows; callers that must not act twice bring an id of their own.)
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.reachable = True

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as tx:
                yield tx
        except Exception as error:
            if not is_lost(error):
                raise
            self.reachable = False
            raise Unavailable("The database cannot be reached right now; try again in a moment.") from error
        self.reachable = True


@asynccontextmanager
async def connect(
    url: str, *, pool_size: int = 10, pool_seconds: float = 1.0, query_seconds: float = 10.0
) -> AsyncIterator[Database]:
    """A pool of connections for as long as the block runs; the first one is made when the first transaction asks.

    `pool_seconds` is how long a transaction waits for a connection, free or new; `query_seconds` how long one statement
    may take. A connection that died since its last use is replaced before it is handed out.
    """
    engine = engine_for(
        url,
        {"timeout": pool_seconds, "command_timeout": query_seconds},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_seconds,
        pool_pre_ping=True,
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
    )
    try:
        yield Database(engine)
    finally:
        await engine.dispose()


def engine_for(url: str, connecting: Mapping[str, Any] | None = None, **options: Any) -> AsyncEngine:
    """SQLAlchemy's engine for a URL; `connecting` is for the driver. With `pgbouncer=true` in the URL, each transaction may
    run on another connection of the server than the one before: no statement and no setting outlives a transaction then.
    """
    # asyncpg's own look-ups of types are slow when they are compiled first.
    settings = {"application_name": "promptly", "jit": "off"}
    own: dict[str, Any] = {"server_settings": settings}
    if behind_pgbouncer(url):
        del settings["jit"]  # refused as a startup parameter; docs/operations.md says where to set it
        own |= {
            "statement_cache_size": 0,
            # Statements of a cache would have names, and names pile up: the connection that closes one is not the one that has it.
            "prepared_statement_cache_size": 0,
        }
    return create_async_engine(
        normalise_url(url), hide_parameters=True, connect_args={**(connecting or {}), **own}, **options
    )


def behind_pgbouncer(url: str) -> bool:
    """Whether the URL says that a PgBouncer, in transaction mode, stands before the server."""
    return make_url(normalise_url(url, keep=("pgbouncer",))).query.get("pgbouncer") == "true"


def normalise_url(url: str, *, keep: Sequence[str] = ()) -> str:
    """Any Postgres URL in the form that the driver takes: `postgres://`, `postgresql://`, sockets, `sslmode`, and without
    what is not for the driver, unless `keep` names it.

    ValueError for a URL that is not Postgres's; the URL, which may hold a password, is not quoted.
    """
    try:
        parsed = make_url(url)
    except Exception:
        raise ValueError("The database URL cannot be read.") from None
    if parsed.drivername not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError("The database URL has to start with postgresql://.")
    query = {name: value for name, value in parsed.query.items() if name != "pgbouncer" or name in keep}
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return parsed.set(drivername="postgresql+asyncpg", query=query).render_as_string(hide_password=False)


def is_lost(error: BaseException) -> bool:
    """Whether an error means that Postgres was not there, rather than that it said no."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig.__cause__ if error.orig is not None else None
        return isinstance(cause, _LOST)
    return isinstance(error, _LOST)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
