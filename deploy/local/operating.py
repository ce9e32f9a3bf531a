"""What an operator asks of a running Promptly: calls to auth over the bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from deploy.local.console import Console
from deploy.local.nats import nats_url
from deploy.local.secrets import load_or_make
from deploy.local.settings import LocalSettings
from deploy.local.stack import read_state
from libs.common.bus.access import OPERATOR
from libs.common.bus.nats import NatsBus
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


async def reset_password(own: LocalSettings, email: str, console: Console) -> int:
    """Print a link with which the user with this e-mail sets a new password."""
    async with _bus(own) as bus:
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


async def rotate_keys(own: LocalSettings, console: Console) -> int:
    """Bring every stored provider key under the newest master key of `PROMPTLY_KEK`, batch by batch."""
    rewrapped, unreadable, after = 0, 0, None
    async with _bus(own) as bus:
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


async def grant_credits(own: LocalSettings, whom: str, tokens: int, console: Console) -> int:
    """Give an organization credits for the optimize API: by its id, or by a member's e-mail."""
    org = whom if whom.startswith("org_") else None
    asked = GrantCredits(org_id=org, email=None if org else whom.strip().lower(), tokens=tokens)
    async with _bus(own) as bus:
        try:
            left = await bus.call(GRANT_CREDITS, asked)
        except PromptlyError as error:
            console.bad(error.message)
            return 1
    console.good(f"{whom} has {tokens:,} tokens more, {left.balance_tokens:,} in all.")
    return 0


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
