"""The command: every check, what they found, and an exit code that says whether all works."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from deploy.doctor.connections import check_gateway, check_nats, check_postgres
from deploy.doctor.finding import Finding, skipped
from deploy.doctor.provider_keys import check_provider_keys
from deploy.doctor.settings import Installation
from deploy.doctor.settings_check import check_settings
from deploy.doctor.sign_in import check_sign_in
from deploy.doctor.storage import check_disk
from deploy.local.console import Console
from libs.common.telemetry import logs

NAME: Final = "doctor"
_ABSENT: Final = {
    "nats": "Where NATS is, is not known here: PROMPTLY_NATS_URL names it.",
    "postgres": "Where Postgres is, is not known here: PROMPTLY_DATABASE_URL names it.",
    "gateway port": "Where the gateway is, is not known here: PROMPTLY_URL names it.",
}


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add it to a command line whose parser keeps the first word as `command`."""
    parser = commands.add_parser(
        NAME,
        help="check settings, connections, clocks, disk and keys, and say how to mend what is wrong",
        description="The exit code is 1 where something does not work. With PROMPTLY_API_KEY provider keys are tested too.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object: `healthy` and `findings`")


async def run(place: Installation, before: Sequence[Finding] = (), *, as_json: bool) -> int:
    """Check, print, and give the exit code. `before` was found on the way here."""
    logs.configure(NAME, "console", "critical")  # what is wrong is said once, in the findings
    known = {finding.says for finding in before}
    findings = [*before, *[finding async for finding in check(place) if finding.says not in known]]
    _print(findings, as_json=as_json)
    return int(any(finding.state == "failed" for finding in findings))


async def check(place: Installation) -> AsyncIterator[Finding]:
    """Every check that can be made from here."""
    for finding in check_settings(place):
        yield finding
    for directory in place.directories:
        yield check_disk(directory)
    nats, postgres, gateway, keys, sign_in = await asyncio.gather(
        _known(place.nats_url, "nats", check_nats),
        _known(place.database_url, "postgres", check_postgres),
        _known(place.gateway_url, "gateway port", check_gateway),
        check_provider_keys(place.gateway_url, place.environment.get("PROMPTLY_API_KEY")),
        check_sign_in(place.environment, time.time()),
    )
    for finding in (*nats, *postgres, *gateway, *keys, *sign_in):
        yield finding


async def _known(url: str | None, name: str, checked: Callable[[str], Awaitable[list[Finding]]]) -> list[Finding]:
    return [skipped(name, _ABSENT[name])] if url is None else await checked(url)


def _print(findings: Sequence[Finding], *, as_json: bool) -> None:
    warnings = sum(finding.state == "warning" for finding in findings)
    broken = sum(finding.state == "failed" for finding in findings)
    if as_json:
        said = msgspec.json.encode({"healthy": not broken, "findings": findings})
        Console([]).say(msgspec.json.format(said, indent=2).decode())
        return
    console = Console([])
    for finding in findings:
        line = f"{finding.check:<14} {finding.says}"
        if finding.state == "ok":
            console.good(line)
        elif finding.state == "failed":
            console.bad(line)
        else:
            console.say(f"{'!' if finding.state == 'warning' else '·'} {line}")
        if finding.mend:
            console.say(f"{'':<16} → {finding.mend}")
    console.say()
    console.say(f"{broken} failed, {warnings} to look at." if broken or warnings else "Nothing is wrong.")
