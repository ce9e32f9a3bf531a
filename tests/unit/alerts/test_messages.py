"""What alerts say, where they lead, and how long they try."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.alerts import ChannelConfig, SlackTarget, WebhookTarget, mask_url
from libs.common.net_guard import forbidden_url
from libs.common.webhook_signature import signature
from services.alerts.domain.messages import sentence
from services.alerts.domain.notification import retry_after
from services.alerts.domain.targets import masked, merged, shown_once
from services.alerts.translate.notification_webhook import iso
from tests.unit.alerts.examples import rule


@pytest.mark.parametrize(
    ("changes", "kind", "value", "forecast", "said"),
    [
        ({}, "fired", 50.5, 61.2, "$50.50 was spent today, more than $50; on pace for $61 of $50."),
        ({}, "fired", 50.5, None, "$50.50 was spent today, more than $50."),
        ({"threshold": 1234.5}, "fired", 2000.0, 4000.0, "$2,000.00 was spent today, more than $1,234; on pace for $4,000 of $1,234."),
        ({"threshold": 0.5, "operator": "gte"}, "fired", 0.5, 1.2, "$0.50 was spent today, at least $0.50; on pace for $1.20 of $0.50."),
        ({"threshold": 0.001}, "fired", 0.002, None, "$0.002 was spent today, more than $0.001."),
        ({"operator": "lt"}, "fired", 3.0, 9.0, "$3.00 was spent today, less than $50."),
        ({}, "resolved", 0.0, None, "$0.00 was spent today, no longer more than $50."),
        ({"metric": "error_rate", "threshold": 5}, "fired", 7.53, None, "7.5% of requests failed in the last 60 minutes, more than 5%."),
        ({"metric": "latency_p95", "threshold": 2000}, "fired", 2410.4, None,
         "95% of requests took up to 2,410 ms in the last 60 minutes, more than 2,000 ms."),
        ({"metric": "savings_percentage", "threshold": 30, "operator": "lte", "window_minutes": 5}, "fired", 25.0, None,
         "25% was saved in the last 5 minutes, at most 30%."),
        ({"metric": "savings_percentage", "threshold": 30, "operator": "lt"}, "test", 0.0, None,
         "This is a test. The alert fires when the share that was saved over 60 minutes is less than 30%."),
    ],
)  # fmt: skip
def test_sentences(changes: dict[str, Any], kind: Any, value: float, forecast: float | None, said: str) -> None:
    assert sentence(rule(**changes), kind, value, forecast) == said


def test_tries_become_rarer_and_end() -> None:
    pauses: list[timedelta] = []
    while (pause := retry_after(len(pauses) + 1)) is not None:
        pauses.append(pause)
    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta(0)) < timedelta(hours=5)
    assert len(pauses) == 7


HOOK = WebhookTarget(url="https://example.com/a/secret-path", secret="0123456789abcdef")
SLACK = SlackTarget(url="https://hooks.slack.com/services/T/B/1234")
BOTH = ChannelConfig(webhook=HOOK, slack=SLACK)


def test_what_is_put_as_it_was_shown_stays() -> None:
    assert merged(masked(BOTH), BOTH, "fresh") == BOTH
    assert merged(ChannelConfig(), BOTH, "fresh") == ChannelConfig()
    assert merged(BOTH, ChannelConfig(), "fresh") == BOTH
    new = ChannelConfig(webhook=WebhookTarget(url="https://other.example/"))
    assert merged(new, ChannelConfig(), "fresh").webhook == WebhookTarget(url="https://other.example/", secret="fresh")
    assert merged(new, BOTH, "fresh").webhook == WebhookTarget(url="https://other.example/", secret=HOOK.secret)


def test_a_mask_gives_nothing_away() -> None:
    shown = str(masked(BOTH))
    assert "secret-path" not in shown
    assert HOOK.secret not in shown
    assert "services" not in shown
    assert mask_url(SLACK.url) == "https://hooks.slack.com/…1234"
    assert shown_once(BOTH, BOTH) == masked(BOTH)
    once = shown_once(BOTH, ChannelConfig())
    assert once.webhook is not None
    assert once.webhook.secret == HOOK.secret


@given(st.text(max_size=30))
def test_no_url_is_taken_for_its_mask(url: str) -> None:
    """Otherwise a new URL could be lost: a mask holds a character that no URL may have."""
    assert forbidden_url(mask_url("https://example.com/" + url), ()) is not None


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://example.com/hook?token=a%20b&x=1", True),
        ("https://example.com:8443/", True),
        ("https://example.com/?a#b", False),
        ("https://example.com/?a b", False),
        ("https://example.com\\@127.0.0.1/", False),
        ("https://user:pw@example.com/", False),
        ("https://169.254.169.254/latest", False),
        ("ftp://example.com/", False),
        ("https://example.com/" + "x" * 2000, False),
    ],
)
def test_where_a_webhook_may_lead(url: str, fits: bool) -> None:
    assert (forbidden_url(url, ()) is None) is fits


def test_a_signature_can_be_checked_with_any_tool() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac key
    assert signature("key", b"{}", 1_700_000_000) == (
        "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )
    assert iso(1) == "1970-01-01T00:00:00.001Z"
