"""The operator's commands where no Promptly was started from this machine: `python -m deploy.operator keys rotate`."""

import argparse
import asyncio
import sys

from deploy.doctor import command as doctor
from deploy.doctor.finding import Finding
from deploy.doctor.settings import Installation, environment
from deploy.local import settings
from deploy.local.console import Console
from deploy.local.settings import LocalSettings
from deploy.operator import commands
from libs.common.bus.access import OPERATOR
from libs.common.bus.nats import BusRefused, NatsBus
from libs.common.settings import SettingsError


def main() -> None:
    """Read the command line, ask auth over the bus of `PROMPTLY_NATS_URL`, and end with the code that says whether it worked."""
    parser = argparse.ArgumentParser(prog="promptly", description="Look after a running Promptly.")
    added = parser.add_subparsers(dest="command", required=True)
    commands.add_to(added)
    doctor.add_to(added)
    arguments = parser.parse_args()
    if arguments.command == doctor.NAME:
        sys.exit(asyncio.run(doctor.run(*_installation(), as_json=arguments.json)))
    try:
        sys.exit(asyncio.run(_run(settings.read(), arguments)))
    except (SettingsError, BusRefused) as error:
        sys.exit(f"promptly: {error}")


def _installation() -> tuple[Installation, list[Finding]]:
    given = environment()
    return Installation(
        environment=given,
        nats_url=given.get("PROMPTLY_NATS_URL") or "nats://127.0.0.1:4222",
        database_url=given.get("PROMPTLY_DATABASE_URL") or None,
        gateway_url=given.get("PROMPTLY_URL") or None,
    ), []


async def _run(own: LocalSettings, arguments: argparse.Namespace) -> int:
    bus = NatsBus(own.nats_url or "nats://127.0.0.1:4222", OPERATOR)
    try:
        await bus.start()
        return await commands.run(arguments, bus, Console([]))
    finally:
        await bus.drain(1)


if __name__ == "__main__":
    main()
