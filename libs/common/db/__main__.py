"""Brings one service's schema up to date and ends: `python -m libs.common.db analytics`, where nothing else of it may start yet."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec

from libs.common import settings
from libs.common.db.migrate import migrate
from libs.common.errors import Unavailable
from libs.common.settings import SecretUrl, SettingsError

_SERVICES: Final = Path(__file__).parents[3] / "services"
_PATIENCE_SECONDS: Final = 60.0


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that it needs of the service's own settings."""

    database_url: SecretUrl


def main() -> None:
    """Read the command line and `PROMPTLY_DATABASE_URL`; the exit code is 0 where the schema is the newest."""
    here = sorted(path.parents[1].name for path in _SERVICES.glob("*/store/migrations"))
    parser = argparse.ArgumentParser(
        prog="python -m libs.common.db", description="Bring a service's tables up to date."
    )
    parser.add_argument("service", choices=here)
    parser.add_argument("--patience", type=float, default=_PATIENCE_SECONDS, help="seconds to wait for Postgres")
    given = parser.parse_args()
    try:
        url = settings.load(DatabaseSettings).database_url
        revisions = _SERVICES / given.service / "store" / "migrations"
        asyncio.run(migrate(url, given.service, revisions, patience_seconds=given.patience))
    except (SettingsError, Unavailable) as error:
        sys.exit(f"{given.service}: {error}")
    print(f"{given.service}: its tables are up to date.")  # noqa: T201 - a command line talks on stdout


if __name__ == "__main__":
    main()
