"""A database of an older release, kept as a file: migrated, nothing of it is lost, and its keys answer."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import backup
from deploy.local.console import Console
from deploy.local.postgres import PostgresProcess
from deploy.local.secrets import load_or_make
from deploy.local.settings import LocalSettings
from libs.common.errors import Unauthorized
from libs.common.sealing import Sealer, parse_keks
from tests.fixtures.running import ROOT
from tests.integration.db.test_migrate_command import WITH_TABLES, migrate
from tests.integration.deploy.test_backup import services, verified
from tests.upgrade.old_release import PASSWORD, PROVIDER_KEY, NoHistory, unpacked
from tests.upgrade.rows import Tables, lost, snapshot

KEPT = sorted((ROOT / "tests" / "upgrade" / "kept").glob("*.backup"))


@pytest.fixture
def directory() -> Iterator[Path]:
    """Where the home is; sockets of Postgres need a short path."""
    with tempfile.TemporaryDirectory(prefix="upgrade-", dir="/tmp") as made:
        yield Path(made)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
async def test_nothing_of_an_older_release_is_lost(file: Path, directory: Path) -> None:
    own = LocalSettings(home=str(directory / "home"))
    assert backup.restore(own, file, Console([])) == 0
    known = json.loads(file.with_suffix(".json").read_text())
    made = load_or_make(own.home_path / "secrets.json")
    server = PostgresProcess(own.home_path / "postgres", made.postgres_password)
    server.start()
    try:
        before = await snapshot(server.url())
        for service in WITH_TABLES:
            done = migrate(service, url=server.url())
            assert done.returncode == 0, done.stderr
        after = await snapshot(server.url())
    finally:
        server.stop()
    assert {table: said for table in before if (said := lost(before, after, table))} == {}
    assert len(before["analytics.requests"]) >= known["requests"] > 5
    assert all(
        before[table]
        for table in ("auth.users", "auth.api_keys", "auth.provider_keys", "auth.routing_rules", "alerts.rules")
    )

    # However old the file is by now, its requests are of yesterday.
    async with services(own, log_retention_days=36_500) as (http, bus, secrets, _):
        principal = await verified(bus, secrets, known["api_key"])
        assert principal.org_id == known["org_id"]
        with pytest.raises(Unauthorized):
            await verified(bus, secrets, known["revoked_key"])
        (provider,) = principal.provider_keys
        sealer = Sealer(parse_keks(secrets.kek))
        assert sealer.open(principal.org_id, provider.provider, provider.id, provider.sealed) == PROVIDER_KEY
        signed_in = await http.post("/api/auth/login", json={"email": known["email"], "password": PASSWORD})
        assert signed_in.status_code == 200, signed_in.text
        headers = {"authorization": f"Bearer {signed_in.json()['token']}"}
        log = (await http.get("/api/requests", params={"limit": 200}, headers=headers)).json()["requests"]
        assert len(log) == known["requests"]


BEFORE: Tables = {
    "a": [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}],
    "analytics.sketches": [{"buckets": [1, 3], "total_counts": [2, 5]}],
}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([{"id": 2, "name": "y", "new": 0}, {"id": 1, "name": "x", "new": 0}], []),
        ([{"id": 1, "name": "x"}], ["1 of 2 rows are gone or changed"]),
        ([{"id": 1, "name": "x"}, {"id": 2, "name": "z"}], ["1 of 2 rows are gone or changed"]),
        ([{"id": 1}, {"id": 2}], ["the column name is gone"]),
        ([], ["2 of 2 rows are gone or changed"]),
        ([*BEFORE["a"], {"id": 3, "name": "z"}], ["1 rows were not there"]),
    ],
)
def test_what_became_of_a_table_is_seen(after: list[dict[str, object]], said: list[str]) -> None:
    assert lost(BEFORE, {"a": after}, "a") == said


def test_a_table_that_is_gone_is_seen_and_a_sketch_s_empty_bucket_is_not_a_change() -> None:
    assert lost(BEFORE, {}, "a") == ["the table is gone"]
    sketch = {"buckets": [1, 2, 3], "total_counts": [2, 0, 5], "first_byte_counts": [0, 1, 0]}
    assert lost(BEFORE, {"analytics.sketches": [sketch]}, "analytics.sketches") == []
    assert lost(BEFORE, {"analytics.sketches": [{**sketch, "total_counts": [2, 0, 4]}]}, "analytics.sketches")


def test_a_commit_that_is_not_here_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoHistory, match="is not in this checkout"):
        unpacked("0" * 40, tmp_path)
