"""The operator's commands for the Promptly of this machine."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local.console import Console
from deploy.local.nats import nats_url
from deploy.local.secrets import load_or_make
from deploy.local.settings import LocalSettings
from deploy.local.stack import read_state
from deploy.operator import commands
from libs.common.bus.access import OPERATOR
from libs.common.bus.nats import NatsBus
from libs.common.bus.ports import Bus


async def run(own: LocalSettings, arguments: argparse.Namespace) -> int:
    """Do what the command line asks for; the exit code comes back."""
    async with _bus(own) as bus:
        return await commands.run(arguments, bus, Console([]))


@asynccontextmanager
async def _bus(own: LocalSettings) -> AsyncIterator[Bus]:
    """The bus of `PROMPTLY_NATS_URL`, or of the Promptly that runs from this home."""
    url = own.nats_url
    if url is None and (port := (read_state(own.home_path) or {}).get("nats_port")) is not None:
        url = nats_url(port, OPERATOR, load_or_make(own.home_path / "secrets.json"))
    bus = NatsBus(url or "nats://127.0.0.1:4222", OPERATOR)
    try:
        await bus.start()
        yield bus
    finally:
        await bus.drain(1)
