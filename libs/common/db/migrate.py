"""Brings a service's schema to its newest revision when the service starts."""

import asyncio
import time
from pathlib import Path
from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from libs.common.db.engine import engine_for, is_lost
from libs.common.errors import Unavailable

log = structlog.get_logger()
_LOCK: Final = 0x70726F6D  # one lock for all schemas: they share a database, and starting is rare
_PAUSE_SECONDS: Final = 0.2


async def migrate(url: str, schema: str, revisions: Path, *, patience_seconds: float = 60.0) -> None:
    """Run the alembic revisions in the folder `revisions` that `schema` does not have yet, all in one transaction.

    Copies of a service that start together take turns. A Postgres that is not up yet is waited for; after
    `patience_seconds` `Unavailable` is raised. The version table lives in the schema itself.
    """
    engine = engine_for(url, poolclass=NullPool)
    deadline = time.monotonic() + patience_seconds
    try:
        while True:
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(_upgrade, schema, revisions)
                return
            except Exception as error:
                if not is_lost(error):
                    raise
                if time.monotonic() >= deadline:
                    raise Unavailable("The database could not be reached in time to prepare it.") from error
                log.info("waiting_for_database", schema=schema, error_type=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, schema: str, revisions: Path) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(CreateSchema(schema, if_not_exists=True))
    config = Config(attributes={"connection": connection, "schema": schema})
    config.set_main_option("script_location", str(Path(__file__).parent / "migration").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(revisions).replace("%", "%%"))
    command.upgrade(config, "head")
