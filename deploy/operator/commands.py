"""The operator's commands: their arguments, and the calls of auth that they are."""

import argparse
from datetime import UTC, datetime
from typing import Any

from deploy.local.console import Console
from libs.common.bus.ports import Bus
from libs.common.contracts.auth import (
    GRANT_CREDITS,
    RESET_PASSWORD,
    REWRAP_KEYS,
    GrantCredits,
    ResetPassword,
    RewrapKeys,
)
from libs.common.errors import PromptlyError

NAMES = ("keys", "users", "credits")


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add them to a command line whose parser keeps the first word as `command`."""
    keys = commands.add_parser("keys", help="look after the stored provider keys").add_subparsers(
        dest="verb", required=True
    )
    keys.add_parser("rotate", help="bring all of them under the newest master key of PROMPTLY_KEK")
    users = commands.add_parser("users", help="look after users").add_subparsers(dest="verb", required=True)
    users.add_parser("reset", help="print a link that sets a new password").add_argument("email")
    given = commands.add_parser("credits", help="look after credits").add_subparsers(dest="verb", required=True)
    grant = given.add_parser("grant", help="give an organization credits for the optimize API")
    grant.add_argument("whom", help="the organization's id, or a member's e-mail")
    grant.add_argument("tokens", type=int, help="how many tokens")


async def run(arguments: argparse.Namespace, bus: Bus, console: Console) -> int:
    """Do what was asked for; the exit code comes back."""
    if arguments.command == "keys":
        return await rotate_keys(bus, console)
    if arguments.command == "users":
        return await reset_password(bus, arguments.email, console)
    return await grant_credits(bus, arguments.whom, arguments.tokens, console)


async def reset_password(bus: Bus, email: str, console: Console) -> int:
    """Print a link with which the user with this e-mail sets a new password."""
    try:
        made = await bus.call(RESET_PASSWORD, ResetPassword(email=email))
    except PromptlyError as error:
        console.bad(error.message)
        return 1
    until = datetime.fromtimestamp(made.expires_at_ms / 1000, UTC)
    console.good(f"A new password for {email} can be set once, until {until:%H:%M} UTC:")
    console.say(made.link)
    console.say("or, without a dashboard, at this Promptly's address:")
    console.say(
        """curl -s $PROMPTLY_URL/api/auth/password/reset/confirm -H "Content-Type: application/json" """
        f"""-d '{{"token": "{made.token}", "password": "…"}}'"""
    )
    return 0


async def rotate_keys(bus: Bus, console: Console) -> int:
    """Bring every stored provider key under the newest master key of `PROMPTLY_KEK`, batch by batch."""
    rewrapped, unreadable, after = 0, 0, None
    while True:
        try:
            batch = await bus.call(REWRAP_KEYS, RewrapKeys(after=after))
        except PromptlyError as error:
            console.bad(f"{error.message} {rewrapped} keys were rewrapped; run it again for the rest.")
            return 1
        rewrapped, unreadable, after = rewrapped + batch.rewrapped, unreadable + batch.unreadable, batch.next
        if after is None:
            break
    console.good(f"{rewrapped} provider keys were rewrapped under version {batch.version} of the master key.")
    if unreadable:
        console.bad(
            f"{unreadable} provider keys could not be opened: the master key that they need is not in PROMPTLY_KEK."
        )
        return 1
    console.say("No provider key needs an older version any more; it can leave PROMPTLY_KEK of auth and gateway.")
    return 0


async def grant_credits(bus: Bus, whom: str, tokens: int, console: Console) -> int:
    """Give an organization credits for the optimize API: by its id, or by a member's e-mail."""
    org = whom if whom.startswith("org_") else None
    asked = GrantCredits(org_id=org, email=None if org else whom.strip().lower(), tokens=tokens)
    try:
        left = await bus.call(GRANT_CREDITS, asked)
    except PromptlyError as error:
        console.bad(error.message)
        return 1
    console.good(f"{whom} has {tokens:,} tokens more, {left.balance_tokens:,} in all.")
    return 0
