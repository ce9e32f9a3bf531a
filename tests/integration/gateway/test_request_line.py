"""What operators see of requests: one line each, never with text, and metrics whose labels a caller cannot multiply."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import structlog
from prometheus_client import REGISTRY

from libs.common import catalog, ids
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.telemetry import metrics
from services.gateway.pipeline.request_metrics import MetricLabels, measure
from services.gateway.pipeline.request_report import RequestReport, chosen, readable
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack

CANARY = "zebra canary, written by a client"
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": CANARY}]}


async def ask(stack: Stack, key: str | None = None, **changes: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(
            f"{stack.url}/v1/chat/completions",
            json={**ASK, **changes},
            headers={"authorization": f"Bearer {key or stack.api_key}"},
        )


def lines(logs: list[Any]) -> list[dict[str, Any]]:
    assert CANARY not in str(logs)
    return [line for line in logs if line["event"] == "request"]


async def test_a_request_has_one_line_with_who_what_and_how_much(stack: Stack) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await ask(stack)
    (line,) = lines(logs)
    (event,) = stack.finished
    assert answer.status_code == 200
    assert line["request_id"] == answer.headers["x-promptly-request-id"] == event.id
    assert (line["org_id"], line["key_id"]) == (stack.org_id, stack.principal.key_id)
    assert (line["model_asked"], line["outcome"], line["status"], line["code"]) == ("gpt-4o", "success", 200, None)
    assert line["cost_nano_usd"] == event.actual_cost_nano
    assert (line["input_tokens"], line["output_tokens"]) == (event.tokens.input, event.tokens.output)
    assert line["log_level"] == "info"


async def test_every_failure_has_its_line_and_no_more_than_one(stack: Stack) -> None:
    stack.provider.script.add("gpt-4o", [Step(status=400), Step(status=400)])
    with structlog.testing.capture_logs() as logs:
        answers = [
            await ask(stack, key="sk-promptly-unknown-canary"),
            await ask(stack, messages="not a list"),
            await ask(stack),
            await ask(stack, model=f"{CANARY} {'x' * 500}\n"),
        ]
        async with httpx.AsyncClient() as client:
            answers.append(await client.get(f"{stack.url}/v1/nowhere/{stack.api_key}"))
    found = lines(logs)
    assert [line["status"] for line in found] == [answer.status_code for answer in answers]
    assert [line["request_id"] for line in found] == [a.headers["x-promptly-request-id"] for a in answers]
    assert all(line["status"] >= 400 and line["outcome"] == "error" and line["code"] for line in found)
    assert found[0]["code"] == "invalid_api_key"
    assert found[1]["org_id"] == stack.org_id
    assert not any(secret in str(found) for secret in ("unknown-canary", stack.api_key))


async def test_of_successes_a_share_is_logged_and_of_failures_each(tmp_path: Path) -> None:
    async with gateway_stack(tmp_path, request_log_share=0.0) as stack:
        stack.provider.script.add("gpt-4o", [Step(), Step(status=400)])
        with structlog.testing.capture_logs() as logs:
            assert (await ask(stack)).status_code == 200
            assert (await ask(stack)).status_code == 400
    assert [line["status"] for line in lines(logs)] == [400]


def test_the_share_is_one() -> None:
    found = [chosen(ids.new_id("req"), 0.25) for _ in range(4000)]
    assert 800 < sum(found) < 1200
    assert chosen("req_1", 1.0)
    assert not chosen("req_1", 0.0)


@pytest.mark.parametrize("name", ["gpt-4o", "models/gemini-2.5-flash", "meta-llama/Llama-3.1:free", None])
def test_names_stay(name: str | None) -> None:
    assert readable(name) == name


@pytest.mark.parametrize("name", ["two words", "a\nb", "\x1b[31mred", "x" * 101, "", "größe"])
def test_what_is_no_name_is_left_out(name: str) -> None:
    assert readable(name) == "(not a name)"


def event(**changes: Any) -> CompletionFinished:
    made = CompletionFinished(
        id=ids.new_id("req"),
        org_id="org_1",
        key_id="key_1",
        status="success",
        time_ms=1,
        baseline_model="gpt-4o",
        routed_model="gpt-4o-mini",
        provider="openai",
        tokens=TokenClasses(uncached_input=10, cache_read=5, output_text=3),
        levers=(
            LeverShare(lever="routing", tokens=0, nano_usd=70),
            LeverShare(lever="cache_discount", tokens=0, nano_usd=-20),
            LeverShare(lever="pruning", tokens=4, nano_usd=None),
        ),
        baseline_cost_nano=100,
        actual_cost_nano=50,
    )
    return msgspec.structs.replace(made, **changes)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_is_counted_with_its_tokens_costs_and_levers() -> None:
    one = {"provider": "openai", "model": "gpt-4o-mini"}
    names: list[tuple[str, dict[str, str]]] = [
        ("promptly_requests_total", {**one, "kind": "chat", "status": "success", "http": "2xx"}),
        ("promptly_tokens_total", {**one, "class": "uncached_input"}),
        ("promptly_tokens_total", {**one, "class": "cache_read"}),
        ("promptly_cost_nano_usd_total", one),
        ("promptly_baseline_cost_nano_usd_total", one),
        ("promptly_lever_saved_nano_usd_total", {"lever": "routing"}),
        ("promptly_lever_added_nano_usd_total", {"lever": "cache_discount"}),
        ("promptly_lever_tokens_total", {"lever": "pruning"}),
    ]
    before = [value(name, **labels) for name, labels in names]
    measure(event(), MetricLabels(catalog.load()))
    after = [value(name, **labels) for name, labels in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 10, 5, 50, 100, 70, 20, 4]


def series(counter: Any) -> int:
    return sum(len(family.samples) for family in counter.collect())


def test_no_caller_makes_series() -> None:
    labels = MetricLabels(catalog.load())
    measure(event(routed_model="x", served_model=None, status_code=700), labels)
    before = series(metrics.CLIENT_REQUESTS)
    for number in range(50):
        measure(event(routed_model=f"mine-{number}", served_model=f"theirs {number}", status_code=700 + number), labels)
    assert series(metrics.CLIENT_REQUESTS) == before


def test_organizations_are_counted_apart_where_asked_and_a_thousand_at_most() -> None:
    models = catalog.load()
    plain, by_org = RequestReport(models, log_share=0), RequestReport(models, log_share=0, by_org=True)
    plain.finished(event(org_id="org_unseen"))
    assert value("promptly_org_requests_total", org="org_unseen", status="success") == 0
    before = series(metrics.ORG_COST)
    for number in range(1100):
        by_org.finished(event(org_id=f"org_{number:04}"))
    assert value("promptly_org_cost_nano_usd_total", org="org_0007") == 50
    assert value("promptly_org_requests_total", org="other", status="success") == 100
    assert (series(metrics.ORG_COST) - before) / 2 <= 1001


async def test_failed_calls_of_providers_are_counted_by_reason(stack: Stack) -> None:
    before = value("promptly_provider_errors_total", provider="openai", reason="request")
    stack.provider.script.add("gpt-4o", [Step(status=400)])
    await ask(stack)
    assert value("promptly_provider_errors_total", provider="openai", reason="request") == before + 1
