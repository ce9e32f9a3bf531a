"""Requests that wait and name a webhook: which one may be named, and what is published when they end."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from libs.common.contracts.alerts import FIND_WEBHOOK, WebhookId, WebhookName
from libs.common.contracts.events import DEFERRED_ENDED, DeferredEnded
from libs.common.errors import BadRequest
from libs.common.ids import new_id
from tests.fake_provider.script import Step
from tests.fixtures.deferred import ANTHROPIC, OPENAI, PATHS, WAITS, body, client, done, waiting_stack
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

WEBHOOK = new_id("whk")


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with waiting_stack(tmp_path) as found:
        yield found


async def _published(stack: Stack) -> list[DeferredEnded]:
    """Alerts, played: it knows one webhook. What is published stands in the list."""
    ended: list[DeferredEnded] = []

    async def find(named: WebhookName) -> WebhookId:
        if (named.org_id, named.name) != (stack.org_id, "night-jobs"):
            raise BadRequest("There is none.", code="webhook_not_found", param="x-promptly-webhook")
        return WebhookId(org_id=named.org_id, id=WEBHOOK)

    async def keep(batch: list[DeferredEnded]) -> None:
        ended.extend(batch)

    await stack.bus.serve(FIND_WEBHOOK, find)
    await stack.bus.consume(DEFERRED_ENDED, "test", keep)  # type: ignore[arg-type]
    return ended


async def _sent(http: httpx.AsyncClient, api: str, model: str, name: str = "night-jobs") -> httpx.Response:
    headers = {**WAITS, "x-promptly-webhook": name}
    return await http.post(PATHS[api], json=body(api, model, "Name a harbour."), headers=headers)


@pytest.mark.parametrize(("api", "model"), [("chat", OPENAI), ("messages", ANTHROPIC), ("responses", OPENAI)])
async def test_the_end_of_a_request_is_published_once_and_without_a_word_of_it(
    stack: Stack, api: str, model: str
) -> None:
    ended = await _published(stack)
    async with client(stack) as http:
        accepted = await _sent(http, api, model)
        assert accepted.status_code == 202, accepted.text
        assert (await done(http, accepted.headers["location"])).status_code == 200
        await until(lambda: len(ended) == 1)
        found = accepted.json()
        [event] = ended
        assert (event.org_id, event.request_id, event.webhook_id) == (stack.org_id, found["id"], WEBHOOK)
        assert (event.status, event.deadline_ms - event.created_ms) == ("completed", 86_400_000)
        assert (event.created_ms // 1000, event.time_ms >= event.created_ms) == (found["created_at"], True)
        # One that names none is not published.
        plain = await http.post(PATHS[api], json=body(api, model, "Name a port."), headers=WAITS)
        await done(http, plain.headers["location"])
    assert len(ended) == 1


async def test_a_request_that_failed_is_told_as_failed(stack: Stack) -> None:
    ended = await _published(stack)
    stack.provider.script.add(OPENAI, [Step(status=400, message="Too many harbours.")])
    async with client(stack) as http:
        accepted = await _sent(http, "chat", OPENAI)
        answer = await done(http, accepted.headers["location"])
        await until(lambda: len(ended) == 1)
    assert (answer.status_code, ended[0].status) == (400, "failed")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("another", "webhook_not_found"),
        ("https://example.com/done", "invalid_header"),
        ("", "invalid_header"),
        ("a" * 65, "invalid_header"),
    ],
)
async def test_a_webhook_that_cannot_be_named_is_refused_before_anything_waits(
    stack: Stack, name: str, code: str
) -> None:
    await _published(stack)
    async with client(stack) as http:
        refused = await _sent(http, "chat", OPENAI, name)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert refused.json()["error"]["param"] == "x-promptly-webhook"
    assert not any("batch" in str(entry.get("target", "")) for entry in stack.provider.ledger)


async def test_where_nobody_knows_the_webhooks_the_request_is_answered_at_once(stack: Stack) -> None:
    async with client(stack) as http:
        answer = await _sent(http, "chat", OPENAI)
    assert answer.status_code == 200


async def test_a_request_that_is_cancelled_is_not_told(stack: Stack, tmp_path: Path) -> None:
    ended = await _published(stack)
    stack.provider.side.run.looks = 10_000
    async with client(stack) as http:
        accepted = await _sent(http, "chat", OPENAI)
        gone = await http.delete(accepted.headers["location"])
        assert gone.json()["status"] == "cancelled"
        stack.provider.side.run.looks = 1
        again = await _sent(http, "chat", OPENAI)
        await done(http, again.headers["location"])
        await until(lambda: len(ended) == 1)
    assert ended[0].request_id == again.json()["id"]
