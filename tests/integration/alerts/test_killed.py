"""Two copies of alerts as processes, killed in mid-delivery: one event a crossing, and every notice arrives."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from libs.common.bus.nats import NatsBus
from libs.common.contracts.alerts import (
    LIST_EVENTS,
    PUT_RULE,
    AlertEvent,
    ChannelConfig,
    EventsQuery,
    WebhookTarget,
)
from libs.common.contracts.events import COMPLETION_FINISHED
from libs.common.errors import PromptlyError
from libs.common.ids import new_id
from tests.fixtures.nats import NatsServer
from tests.integration.alerts.receivers import Receiver, receiver
from tests.unit.alerts.examples import rule
from tests.unit.analytics.examples import request


@asynccontextmanager
async def two_copies(url: str, database_url: str, hook: Receiver, log: Path) -> AsyncIterator[list[Any]]:
    """Both at work, on one store, with windows of tenths of a second."""
    given = {
        "NATS_URL": url,
        "DATABASE_URL": database_url,
        "ALERTS_KEK": base64.b64encode(b"k" * 32).decode(),
        "ALLOWED_HOSTS": f"127.0.0.1:{hook.port}",
        "ALERTS_INTERVAL": "0.1",
        "ALERTS_DELIVERY_SECONDS": "0.1",
        "ALERTS_LEASE_SECONDS": "1",
        "OPS_PORT": "0",
    }
    env = os.environ | {f"PROMPTLY_{name}": value for name, value in given.items()}
    with log.open("ab") as output:
        copies = [
            subprocess.Popen([sys.executable, "-m", "services.alerts"], env=env, stdout=output, stderr=output)
            for _ in range(2)
        ]
    try:
        yield copies
    finally:
        for copy in copies:
            copy.kill()
            copy.wait()


async def until(found: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not found():
            await asyncio.sleep(0.02)  # between two looks


class Watcher:
    """Asks alerts, whichever copy answers, for as long as it takes."""

    def __init__(self, bus: NatsBus, org: str) -> None:
        self.bus, self.org = bus, org

    async def events(self) -> Sequence[AlertEvent]:
        async with asyncio.timeout(60):
            while True:
                try:
                    return (await self.bus.call(LIST_EVENTS, EventsQuery(org_id=self.org))).events
                except PromptlyError:
                    await asyncio.sleep(0.05)  # between two tries

    async def told(self, kinds: list[str]) -> None:
        """Until these events are there, newest first, and their notices delivered."""
        async with asyncio.timeout(60):
            while True:
                found = await self.events()
                if [event.kind for event in found] == kinds and all(
                    notice.state == "sent" for event in found for notice in event.notifications
                ):
                    return
                assert len(found) <= len(kinds), found
                await asyncio.sleep(0.05)  # between two looks


async def test_a_kill_between_firing_and_delivery_costs_nothing_and_doubles_nothing(
    nats_server: NatsServer, nats_bus: NatsBus, database_url: str, tmp_path: Path
) -> None:
    org, log = new_id("org"), tmp_path / "alerts.log"
    watcher = Watcher(nats_bus, org)

    async def happen(status: str, times: int) -> None:
        for _ in range(times):
            event = request(org, datetime.now(UTC), status=status)
            await nats_bus.emit(COMPLETION_FINISHED, event, event_id=event.id)

    async with AsyncExitStack() as stack:
        hook = await stack.enter_async_context(receiver())
        async with two_copies(nats_server.url, database_url, hook, log) as copies:
            await watcher.events()  # somebody is there
            target = ChannelConfig(webhook=WebhookTarget(url=f"http://127.0.0.1:{hook.port}/hook", secret="s" * 16))
            failing = rule(org, metric="error_rate", threshold=50.0, channels=("webhook",), channel_config=target)
            await nats_bus.call(PUT_RULE, failing)
            hook.holding = 1
            await happen("error", 6)
            await until(lambda: hook.posts)
            for copy in copies:
                copy.kill()
                copy.wait()
        async with two_copies(nats_server.url, database_url, hook, log):
            await watcher.told(["fired"])
            await happen("success", 14)
            await watcher.told(["resolved", "fired"])

    said = [json.loads(post.body)["type"] for post in hook.posts]
    ids = [post.headers["x-promptly-id"] for post in hook.posts]
    assert said == ["alert.fired", "alert.fired", "alert.resolved"]
    assert ids[0] == ids[1] != ids[2]  # a repetition is told by its id
    assert b"Traceback" not in log.read_bytes()
