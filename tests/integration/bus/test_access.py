"""What each service may say on the bus, on a real server: all that its code uses, and nothing of another's."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout

from deploy.local.nats import nats_plan, nats_url
from deploy.local.secrets import Secrets, load_or_make
from libs.common import contracts
from libs.common.bus.access import ACCESS, OPERATOR, USERS, Access, inbox, publishes, subscribes
from libs.common.bus.nats import NatsBus
from libs.common.bus.topology import OWNERS, Topology
from libs.common.contracts.auth import VERIFY_API_KEY, VerifyApiKey
from libs.common.contracts.base import Bucket, Event, Rpc, SharedCounter
from libs.common.contracts.events import ORG_DELETED, OrgDeleted
from libs.common.contracts.status import SERVICES, status_of
from libs.common.errors import Unauthorized
from tests.fixtures.nats import NatsServer, until

ROOT = Path(__file__).parents[3]


def descriptors() -> dict[str, Any]:
    """Every descriptor of the contracts, by the name that code calls it."""
    found: dict[str, Any] = {}
    for path in (Path(contracts.__file__ or "").parent).glob("*.py"):
        module = __import__(f"libs.common.contracts.{path.stem}", fromlist=["x"])
        found |= {
            name: value
            for name, value in vars(module).items()
            if isinstance(value, Rpc | Event | Bucket | SharedCounter)
        }
    return found


def named_in(folder: Path) -> set[str]:
    """The names of descriptors that a service's code mentions."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("libs.common.contracts"):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
    return names


def allowed(own: Access) -> set[str]:
    everything = (*own.calls, *own.serves, *own.emits, *own.hears, *own.puts, *own.gets, *own.adds)
    return {_address(one) for one in everything}


def _address(one: Any) -> str:
    """A call's or event's subject, a bucket's or tally's name."""
    return str(one.subject if isinstance(one, Rpc | Event) else one.name)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_what_its_code_does_and_no_more(service: str) -> None:
    known = descriptors()
    used = {known[name] for name in named_in(ROOT / "services" / service) & set(known)}
    subjects = {_address(one) for one in used}
    own = ACCESS[service]
    read = {subject for subject, names in Topology().consumers.items() if {*names} & {*own.consumes, *own.watches}}
    statuses = {status_of(one).subject for one in SERVICES}
    assert allowed(own) - statuses == subjects - (read - allowed(own))


def test_what_is_served_has_one_server_and_what_is_called_is_served() -> None:
    served = [rpc.subject for own in ACCESS.values() for rpc in own.serves]
    assert len(served) == len(set(served))
    for user, own in ACCESS.items():
        assert all(rpc.service == user for rpc in own.serves)
        assert {rpc.subject for rpc in own.calls} <= {*served, *(status_of(one).subject for one in SERVICES)}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NatsServer, Secrets]]:
    """A server with the users of one machine."""
    home = tmp_path_factory.mktemp("guarded")
    made = load_or_make(home / "secrets.json")
    server = NatsServer(home)
    nats_plan(home, 4222, made)
    server.settings = "authorization" + (home / "nats" / "server.conf").read_text().partition("authorization")[2]
    server.start()
    yield server, made
    server.stop()


@pytest.fixture
async def streams(guarded: tuple[NatsServer, Secrets]) -> AsyncIterator[None]:
    """The streams, made by one who may."""
    server, made = guarded
    bus = NatsBus(nats_url(server.port, "gateway", made), "gateway")
    await bus.start(10)
    assert bus.connected
    yield
    await bus.drain(5)


async def _client(guarded: tuple[NatsServer, Secrets], user: str, refused: list[str]) -> Client:
    server, made = guarded

    async def heard(error: Exception) -> None:
        refused.append(str(error).lower())

    return await nats.connect(
        nats_url(server.port, user, made), inbox_prefix=inbox(user), error_cb=heard, allow_reconnect=False
    )


async def test_nobody_connects_without_a_password_or_with_another_user_s(guarded: tuple[NatsServer, Secrets]) -> None:
    server, made = guarded
    gateway = made.bus_password("gateway")
    for credentials in ("", "gateway@", "gateway:wrong@", f"auth:{gateway}@", f"nobody:{gateway}@"):
        with pytest.raises((Error, OSError)):
            await nats.connect(f"nats://{credentials}127.0.0.1:{server.port}", allow_reconnect=False, connect_timeout=2)


def _subjects(*kinds: Any) -> Iterator[tuple[str, Any]]:
    return ((name, one) for name, one in sorted(descriptors().items()) if isinstance(one, kinds))


CLASSES = {
    **{f"says {name}": ("publish", one.subject) for name, one in _subjects(Rpc, Event)},
    **{f"hears {name}": ("subscribe", one.subject) for name, one in _subjects(Rpc, Event)},
    **{f"counts in {name}": ("publish", f"promptly.v1.tally.{one.name}.k") for name, one in _subjects(SharedCounter)},
    **{f"keeps in {name}": ("publish", f"$KV.{one.name}.k") for name, one in _subjects(Bucket)},
    **{f"reads answers of {user}": ("subscribe", f"{inbox(user)}.>") for user in USERS},
    **{f"answers {user} unasked": ("publish", f"{inbox(user)}.x.y") for user in USERS},
    "hears everything": ("subscribe", ">"),
    "deletes the events": ("publish", "$JS.API.STREAM.DELETE.PROMPTLY_EVENTS"),
    "purges the events": ("publish", "$JS.API.STREAM.PURGE.PROMPTLY_EVENTS"),
    "reads an event": ("publish", "$JS.API.STREAM.MSG.GET.PROMPTLY_EVENTS"),
    "makes a consumer": ("publish", "$JS.API.CONSUMER.CREATE.PROMPTLY_EVENTS.mine"),
    "makes a stream": ("publish", "$JS.API.STREAM.CREATE.MINE"),
    "hears the system": ("subscribe", "$SYS.>"),
}


@pytest.mark.parametrize("user", USERS)
async def test_another_s_subjects_are_refused(user: str, guarded: tuple[NatsServer, Secrets], streams: None) -> None:
    """Every subject class × this user: what its table allows passes, everything else is refused by the server."""
    may = {"publish": {*publishes(user)}, "subscribe": {*subscribes(user)}}
    refused: list[str] = []
    client = await _client(guarded, user, refused)
    try:
        for verb, subject in CLASSES.values():
            if verb == "publish":
                await client.publish(subject, b"{}")
            else:
                await client.subscribe(subject)
        await client.flush()
        wanted = {(verb, subject) for verb, subject in CLASSES.values() if not _covered(subject, may[verb])}
        await until(lambda: len(refused) >= len(wanted))
        seen = {(verb, subject) for verb, subject in wanted if any(_names(line, verb, subject) for line in refused)}
        assert seen == wanted
        assert len(refused) == len(wanted), "something was refused that the table allows"
    finally:
        await client.close()


def _covered(subject: str, patterns: set[str]) -> bool:
    return any(subject == one or (one[-2:] in (".>", ".*") and subject.startswith(one[:-1])) for one in patterns)


def _names(line: str, verb: str, subject: str) -> bool:
    word = "publish" if verb == "publish" else "subscription"
    return f'permissions violation for {word} to "{subject.lower()}"' in line


async def test_questions_are_answered_over_the_guarded_bus(guarded: tuple[NatsServer, Secrets], streams: None) -> None:
    server, made = guarded
    async with asyncio.timeout(20):
        auth, gateway = (NatsBus(nats_url(server.port, name, made), name) for name in ("auth", "gateway"))

        async def refuse(_: VerifyApiKey) -> Any:
            raise Unauthorized("That key is not known.")

        await auth.serve(VERIFY_API_KEY, refuse)
        for bus in (auth, gateway):
            await bus.start(5)
        with pytest.raises(Unauthorized):
            await gateway.call(VERIFY_API_KEY, VerifyApiKey(digest="0" * 64))
        for bus in (gateway, auth):
            await bus.drain(2)


async def test_a_reader_gets_its_events_and_waits_for_streams_that_it_may_not_make(
    guarded: tuple[NatsServer, Secrets], streams: None
) -> None:
    server, made = guarded
    erased: list[str] = []

    async def erase(batch: Any) -> None:
        erased.extend(event.org_id for event in batch)

    async with asyncio.timeout(20):
        buses = {name: NatsBus(nats_url(server.port, name, made), name) for name in ("cache", "auth")}
        await buses["cache"].consume(ORG_DELETED, "cache_erase", erase)
        for bus in buses.values():
            await bus.start(5)
        await buses["auth"].emit(ORG_DELETED, OrgDeleted(org_id="org_1", time_ms=1), event_id="deleted-org_1")
        await until(lambda: erased == ["org_1"])
        for bus in buses.values():
            await bus.drain(2)


async def test_an_operator_asks_and_hears_nobody_else(guarded: tuple[NatsServer, Secrets]) -> None:
    client = await _client(guarded, OPERATOR, [])
    try:
        with pytest.raises((NoRespondersError, NatsTimeout)):
            await client.request(ACCESS[OPERATOR].calls[0].subject, b"{}", timeout=1)
    finally:
        await client.close()
    assert OPERATOR not in OWNERS
