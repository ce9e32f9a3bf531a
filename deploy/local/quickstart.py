"""What `promptly up` prints once everything runs: where it is, and three lines to try."""

from collections.abc import Awaitable, Callable

import httpx

from deploy.local.console import Console
from deploy.local.demo_account import the_account
from deploy.local.stack import Stack
from deploy.node.find import OLDEST


class DemoFailed(Exception):
    """Something in a demonstration did not go as it should; the message says what."""


Demonstration = Callable[[str, str, Console], Awaitable[bool]]


async def print_to(stack: Stack) -> None:
    """The quick start, with a real key in it where the demo's upstream is connected."""
    url, say = stack.url, stack.console.say
    key, provider_note, account = "$PROMPTLY_KEY", "", None
    if stack.upstream_url is not None:
        async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as api:
            account = await the_account(api, stack.upstream_url, stack.home)
        key = account.api_key
        provider_note = "   # the demo's upstream is connected already: the last line answers as it stands"
    if stack.console.json_lines:  # a log that is collected gets no key and no password
        say(f"Promptly is up at {url}")
        return
    say()
    say(f"Promptly is up at {url}{provider_note}")
    if account is not None:
        say(f"Sign in to the demo's organization with {account.email} and the password {account.password}")
    if not (stack.settings.dashboard_path / "index.html").exists():
        say(
            f"There is no dashboard at {url}: Node {OLDEST} or newer was not found. `make dashboard` takes one and builds it."
        )
    say()
    say("1. Create an account (the answer holds your token and your key):")
    say(
        f"""curl -s {url}/api/auth/register -H "Content-Type: application/json" """
        """-d '{"org_name": "My Company", "email": "dev@mycompany.com", "password": "securepassword", """
        """"account_type": "team"}'"""
    )
    variables = "TOKEN=…" if account is not None else "TOKEN=… PROMPTLY_KEY=…"
    say(
        f"""{variables}   # what its "token" {'and "api_key" are' if account is None else "is"}, which the next lines need"""
    )
    say("2. Connect your provider key:")
    say(
        f"""curl -s {url}/api/keys/providers -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" """
        """-d '{"provider": "openai", "api_key": "sk-your-openai-key"}'"""
    )
    say("3. Ask:")
    say(
        f"""curl -s {url}/v1/chat/completions -H "Authorization: Bearer {key}" -H "Content-Type: application/json" """
        """-d '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}'"""
    )
    say()
    say("Ctrl-C stops everything.")
    say()
