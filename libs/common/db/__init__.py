"""Postgres for the services that keep state: an engine, one transaction at a time, and each service's migrations."""

from libs.common.db.engine import Database, connect, normalise_url
from libs.common.db.migrate import migrate

__all__ = ["Database", "connect", "migrate", "normalise_url"]
