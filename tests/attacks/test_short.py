"""The short form of `make attacks`: on one running Promptly, one attack after the other. How long a victim waits is for the
long form; here every request of the victim's has to be answered and recorded.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import local
from tests.attacks.arena import row
from tests.attacks.attacks import ATTACKS, Attack
from tests.fixtures.running import Running, start, stop

_SECONDS = 3.0


@pytest.fixture(scope="module")
def attacked(model_dir: Path) -> Iterator[Running]:
    """A Promptly of its own, at its default settings: what is done to it must not reach other tests."""
    with tempfile.TemporaryDirectory(prefix="promptly-", dir="/tmp") as home:
        found = start(Path(home), model_dir, PROMPTLY_ALLOWED_HOSTS="127.0.0.1", PROMPTLY_STREAM_DRAIN_SECONDS="2")
        yield found
        stop(found.process)


@pytest.mark.parametrize("attack", [one for one in ATTACKS if one.short], ids=lambda one: one.name)
async def test_the_victim_is_served_and_recorded(attack: Attack, attacked: Running) -> None:
    victim = (await row(attacked, attack, _SECONDS)).victim
    assert victim.answered == victim.sent, victim.failures
    assert victim.recorded == victim.answered
    assert victim.told == victim.asked


def test_no_port_serves_a_local_user_without_a_secret(attacked: Running) -> None:
    found = local.ports(attacked)
    assert {"nats", "gateway", "auth", "analytics"} <= {one.part for one in found}
    assert [one for one in found if not one.refused and one.part != "upstream"] == []


def test_a_home_is_for_its_owner_and_its_secrets_stand_nowhere_else(attacked: Running) -> None:
    assert local.modes(attacked.home)["secrets.json"] == "-rw-------"
    assert local.open_files(attacked.home) == []
    assert local.secrets_told(attacked) == []
