"""What is told to whom: the three bodies as sent, tries that fail, a process that dies in between, and tests. On both stores."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.contracts.alerts import (
    AlertEvent,
    AlertRule,
    AlertRuleId,
    ChannelConfig,
    EventsQuery,
    RulesOf,
    SlackTarget,
    WebhookTarget,
)
from libs.common.contracts.events import LeverSwitchedOff, OrgDeleted
from libs.common.db import connect, migrate
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import new_id
from libs.common.sealing import Sealer
from libs.common.smtp import Smtp
from services.alerts.clients.vault import SealedVault
from services.alerts.delivery import NotificationDelivery
from services.alerts.evaluation import Evaluation
from services.alerts.guard_steps import GuardSteps
from services.alerts.notify.deferred import DeferredNotifier
from services.alerts.notify.mail import MailNotifier
from services.alerts.notify.safe_http import SafeHttpClient
from services.alerts.notify.webhook import SlackNotifier, WebhookNotifier
from services.alerts.ports import UnitOfWork
from services.alerts.rules import Rules
from services.alerts.store.unit_of_work import unit_of_work
from services.alerts.usage_counters import UsageCounting
from services.alerts.webhooks import OrganizationWebhooks
from tests.integration.alerts.conftest import MIGRATIONS
from tests.integration.alerts.receivers import MailServer, Receiver, mail_server, receiver
from tests.unit.alerts.examples import rule
from tests.unit.analytics.examples import NOW, ms, request

DOLLAR = 1_000_000_000
SECRET = "a-secret-of-their-own"
VAULT = SealedVault(Sealer({1: b"k" * 32}))


class Watching:
    """A backlog that is never behind, and an auth that knows two admins."""

    async def behind(self) -> bool:
        return False

    async def of(self, org_id: str) -> Sequence[str]:
        return ["ann@example.com", "bob@example.com"]


class House:
    """Alerts over one store, for an organization of the test's own, with the world around it played."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock, http: Receiver, mail: MailServer) -> None:
        self.org, self.uow, self.clock, self.http, self.mail = new_id("org"), uow, clock, http, mail
        allowed = [f"127.0.0.1:{http.port}"]
        self.rules = Rules(uow, clock, VAULT, allowed)
        self.counting = UsageCounting(uow, clock)
        self.evaluation = Evaluation(uow, Watching(), clock, timedelta(0))
        post = SafeHttpClient(allowed)
        smtp = Smtp(f"smtp://127.0.0.1:{mail.port}", "Promptly <promptly@example.com>")
        notifiers: dict[Any, Any] = {
            "email": MailNotifier(smtp, Watching()),
            "webhook": WebhookNotifier(post, clock),
            "slack": SlackNotifier(post),
        }
        self.receiver = DeferredNotifier(post, clock)
        self.delivery = NotificationDelivery(uow, notifiers, self.receiver, VAULT, clock)
        self.webhooks = OrganizationWebhooks(uow, clock, self.receiver, VAULT, allowed)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.port}{path}"

    async def watch(self, *channels: str, **changes: Any) -> AlertRule:
        config = ChannelConfig(
            webhook=WebhookTarget(url=self.url("/hook?team=7"), secret=SECRET),
            slack=SlackTarget(url=self.url("/services/T0/B0/xyzw")),
        )
        return await self.rules.put(rule(self.org, channels=channels, channel_config=config, **changes))

    async def fire(self) -> AlertEvent:
        await self.counting.count([request(self.org, self.clock.now(), actual_cost_nano=60 * DOLLAR)])
        await self.evaluation.evaluate()
        return (await self.events())[0]

    async def events(self) -> Sequence[AlertEvent]:
        return (await self.rules.events(EventsQuery(org_id=self.org))).events

    async def told(self) -> list[tuple[str, str, int]]:
        return [(one.channel, one.state, one.attempts) for one in (await self.events())[0].notifications]


@pytest.fixture
async def house(uow: UnitOfWork, clock: ManualClock) -> AsyncIterator[House]:
    async with receiver() as http, mail_server() as mail:
        yield House(uow, clock, http, mail)


async def test_the_three_bodies_as_sent(house: House) -> None:
    watched = await house.watch("email", "webhook", "slack", name="Spend <of> R&D\n@all")
    event = await house.fire()
    await house.delivery.deliver()
    await house.delivery.deliver()
    message = "$60.00 was spent today, more than $50; on pace for $114 of $50."
    assert event.message == message

    [(to, mail)] = house.mail.mails
    assert to == ["ann@example.com", "bob@example.com"]
    assert mail["From"] == "Promptly <promptly@example.com>"
    assert mail["Subject"] == "[Promptly] Alert: Spend <of> R&D @all"
    assert mail.get_content().splitlines()[:2] == [message, ""]
    assert "2026-11-20T12:34:56.000Z" in mail.get_content()

    posts = {post.path: post for post in house.http.posts}
    assert len(house.http.posts) == 2
    hook = posts["/hook?team=7"]
    body = json.loads(hook.body)
    assert body.pop("id") == hook.headers["x-promptly-id"]
    assert hook.headers["x-promptly-id"].startswith("ntf_")
    assert body.pop("forecast") == pytest.approx(114.45, abs=0.01)
    assert body == {
        "type": "alert.fired",
        "test": False,
        "time": "2026-11-20T12:34:56.000Z",
        "message": message,
        "rule": {
            "id": watched.id,
            "name": "Spend <of> R&D\n@all",
            "metric": "daily_spend",
            "operator": "gt",
            "threshold": 50.0,
            "window_minutes": 60,
            "scope": {"by": "organization", "value": "", "tag": None, "name": ""},
        },
        "value": 60.0,
        "data_as_of": "2026-11-20T12:34:56.000Z",
    }
    signed = hmac.new(SECRET.encode(), f"{ms(NOW) // 1000}.".encode() + hook.body, hashlib.sha256).hexdigest()
    assert hook.headers["x-promptly-signature"] == f"t={ms(NOW) // 1000},v1={signed}"
    assert hook.headers["content-type"] == "application/json"

    heading = "Alert: Spend &lt;of&gt; R&amp;D @all"
    assert json.loads(posts["/services/T0/B0/xyzw"].body) == {
        "text": f"{heading}: {message}",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{heading}*\n{message}"}},
            {
                "type": "context",
                "elements": [{"type": "plain_text", "text": "daily_spend · 2026-11-20T12:34:56.000Z"}],
            },
        ],
    }
    assert sorted(await house.told()) == [("email", "sent", 1), ("slack", "sent", 1), ("webhook", "sent", 1)]

    house.clock.advance(86_400)
    await house.evaluation.evaluate()
    await house.delivery.deliver()
    assert json.loads(house.http.posts[-1].body).get("type", "alert.resolved") == "alert.resolved"
    assert house.mail.mails[-1][1]["Subject"].startswith("[Promptly] Resolved: ")
    assert house.mail.mails[-1][1].get_content().startswith("$0.00 was spent today, no longer more than $50.")


async def test_what_fails_is_tried_again_under_the_same_id_and_not_for_ever(house: House) -> None:
    await house.watch("webhook")
    house.http.answers = [500] * 100
    await house.fire()
    waits = []
    for _ in range(300):
        before = len(house.http.posts)
        await house.delivery.deliver()
        if len(house.http.posts) > before:
            waits.append(house.clock.monotonic())
        house.clock.advance(60)
    assert len(house.http.posts) == 8
    assert len({post.headers["x-promptly-id"] for post in house.http.posts}) == 1
    assert len({post.headers["x-promptly-signature"] for post in house.http.posts}) == 8
    gaps = [later - earlier for earlier, later in zip(waits, waits[1:], strict=False)]
    assert gaps == sorted(gaps)
    [told] = (await house.events())[0].notifications
    assert (told.state, told.attempts, told.error) == ("failed", 8, "The receiver answered 500.")


async def test_a_redirect_is_not_followed(house: House) -> None:
    watched = await house.watch("webhook")
    house.http.answers = [302]
    [told] = (await house.delivery.test(AlertRuleId(org_id=house.org, id=watched.id))).notifications
    assert (told.state, told.error) == ("failed", "The receiver answered a redirect, which is not followed.")
    assert len(house.http.posts) == 1


async def test_a_test_is_sent_once_and_says_so(house: House) -> None:
    watched = await house.watch("email", "webhook", "slack")
    house.mail.refuses = True
    wanted = AlertRuleId(org_id=house.org, id=watched.id)
    tested = await house.delivery.test(wanted)
    assert [(one.channel, one.state) for one in tested.notifications] == [
        ("email", "failed"), ("webhook", "sent"), ("slack", "sent"),
    ]  # fmt: skip
    assert tested.notifications[0].error == "The mail server did not take the message (SMTPRecipientsRefused)."
    bodies = {post.path: json.loads(post.body) for post in house.http.posts}
    assert (bodies["/hook?team=7"]["type"], bodies["/hook?team=7"]["test"]) == ("alert.test", True)
    assert bodies["/hook?team=7"]["value"] is None
    assert bodies["/services/T0/B0/xyzw"]["text"] == (
        "Test alert: High daily spend: This is a test. The alert fires when the day's spend is more than $50."
    )
    await house.delivery.deliver()
    assert len(house.http.posts) == 2
    assert await house.events() == ()
    with pytest.raises(NotFound):
        await house.delivery.test(msgspec.structs.replace(wanted, org_id=new_id("org")))


async def test_whoever_dies_between_commit_and_delivery_loses_nothing(house: House) -> None:
    """What was taken and never settled comes again, under its own id, when nobody can have it in hand any more."""
    await house.watch("webhook")
    await house.fire()
    async with house.uow() as tx:  # taken, and the process is gone
        [taken] = await tx.outbox.take(house.org, house.clock.now(), house.clock.now() + timedelta(seconds=60), 20)
    heir = NotificationDelivery(
        house.uow,
        {"webhook": WebhookNotifier(SafeHttpClient([f"127.0.0.1:{house.http.port}"]), house.clock)},
        house.receiver,
        VAULT,
        house.clock,
    )
    await heir.deliver()
    assert house.http.posts == []
    house.clock.advance(61)
    await heir.deliver()
    [post] = house.http.posts
    assert post.headers["x-promptly-id"] == taken.notice.id
    assert await house.told() == [("webhook", "sent", 2)]


async def test_two_that_deliver_at_once_send_once(database_url: str, clock: ManualClock) -> None:
    await migrate(database_url, "alerts", MIGRATIONS)
    async with (
        connect(database_url) as one,
        connect(database_url) as other,
        receiver() as http,
        mail_server() as mail,
    ):
        houses = [House(unit_of_work(database), clock, http, mail) for database in (one, other)]
        for _ in range(30):
            await houses[0].watch("webhook")
        await houses[0].counting.count([request(houses[0].org, actual_cost_nano=60 * DOLLAR)])
        looks = [house.evaluation.evaluate() for house in houses for _ in range(3)]
        await asyncio.gather(*looks)
        await asyncio.gather(*(house.delivery.deliver() for house in houses for _ in range(3)))
        ids = [post.headers["x-promptly-id"] for post in http.posts]
        assert len(ids) == len(set(ids)) == 30


async def test_where_channels_lead_is_shown_masked_and_kept_when_it_comes_back_so(house: House) -> None:
    made = await house.watch("webhook", "slack")
    assert made.channel_config == ChannelConfig(
        webhook=WebhookTarget(url=f"http://127.0.0.1:{house.http.port}/…am=7", secret=SECRET),  # shown this once
        slack=SlackTarget(url=f"http://127.0.0.1:{house.http.port}/…xyzw"),
    )
    [shown] = (await house.rules.all(RulesOf(org_id=house.org))).rules
    assert shown.channel_config.webhook is not None
    assert shown.channel_config.webhook.secret == "…" + SECRET[-4:]
    again = await house.rules.put(msgspec.structs.replace(shown, threshold=1.0))
    assert again.channel_config == shown.channel_config
    await house.delivery.test(AlertRuleId(org_id=house.org, id=made.id))
    assert sorted(post.path for post in house.http.posts) == ["/hook?team=7", "/services/T0/B0/xyzw"]

    moved = ChannelConfig(webhook=WebhookTarget(url=house.url("/elsewhere")))
    kept = await house.rules.put(msgspec.structs.replace(shown, channels=("webhook",), channel_config=moved))
    assert kept.channel_config.webhook is not None
    assert kept.channel_config.webhook.secret == "…" + SECRET[-4:]
    fresh = await house.rules.put(rule(house.org, channels=("webhook",), channel_config=moved))
    assert fresh.channel_config.webhook is not None
    assert fresh.channel_config.webhook.secret.startswith("whsec_")


@pytest.mark.parametrize(
    ("channels", "config", "field"),
    [
        (("webhook",), ChannelConfig(), "channel_config.webhook"),
        (("slack",), ChannelConfig(), "channel_config.slack"),
        (("webhook",), ChannelConfig(webhook=WebhookTarget(url="http://example.com/x")), "channel_config.webhook.url"),
        (("webhook",), ChannelConfig(webhook=WebhookTarget(url="https://10.0.0.1/x")), "channel_config.webhook.url"),
        (("webhook",), ChannelConfig(webhook=WebhookTarget(url="https://[::1]/x?y")), "channel_config.webhook.url"),
        (("webhook",), ChannelConfig(webhook=WebhookTarget(url="https://a.example/x#y")), "channel_config.webhook.url"),
        (
            ("webhook",),
            ChannelConfig(webhook=WebhookTarget(url="https://a.example/x?y#z")),
            "channel_config.webhook.url",
        ),
        (("slack",), ChannelConfig(slack=SlackTarget(url="https://localhost/x")), "channel_config.slack.url"),
        (
            ("webhook",),
            ChannelConfig(webhook=WebhookTarget(url="https://a.example/", secret="short")),
            "channel_config.webhook.secret",
        ),
    ],
)
async def test_a_channel_leads_only_where_it_may(
    house: House, channels: Any, config: ChannelConfig, field: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        await house.rules.put(rule(house.org, channels=channels, channel_config=config))
    assert refused.value.details.param == field


async def test_without_a_key_there_are_no_webhooks(house: House) -> None:
    rules = Rules(house.uow, house.clock, None, [f"127.0.0.1:{house.http.port}"])
    config = ChannelConfig(slack=SlackTarget(url=house.url("/x")))
    with pytest.raises(BadRequest, match="PROMPTLY_ALERTS_KEK"):
        await rules.put(rule(house.org, channels=("slack",), channel_config=config))
    assert (await rules.put(rule(house.org))).channels == ("email",)


async def test_nobody_posts_to_what_a_name_turns_into(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was public when the rule was made."""
    loop = asyncio.get_running_loop()

    async def inward(*_: Any, **__: Any) -> Any:
        return [(2, 1, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(loop, "getaddrinfo", inward)
    config = ChannelConfig(webhook=WebhookTarget(url="https://hooks.example.com/x", secret=SECRET))
    made = await house.rules.put(rule(house.org, channels=("webhook",), channel_config=config))
    [told] = (await house.delivery.test(AlertRuleId(org_id=house.org, id=made.id))).notifications
    assert (told.state, told.error) == ("failed", "Only public addresses can be called.")


async def test_of_a_deleted_organization_nothing_is_left_nor_told(house: House) -> None:
    await house.watch("webhook")
    await house.fire()
    deleted = OrgDeleted(org_id=house.org, time_ms=ms(NOW))
    for _ in range(2):
        await house.counting.erase([deleted])
        await house.counting.count([request(house.org, actual_cost_nano=60 * DOLLAR)])
        with pytest.raises(NotFound):
            await house.rules.put(rule(house.org))
        await house.evaluation.evaluate()
        await house.delivery.deliver()
        assert await house.events() == ()
        assert (await house.rules.all(RulesOf(org_id=house.org))).rules == ()
    assert house.http.posts == []


async def test_admins_are_told_once_of_a_lever_that_the_guard_switched_off(house: House) -> None:
    steps = GuardSteps(house.uow, house.clock)
    reason = "Asked again within ten minutes: 10.0% of 900 conversations with levers, 2.0% of 100 without."
    step = LeverSwitchedOff(
        id="aud_1",
        org_id=house.org,
        lever="pruning",
        time_ms=ms(NOW),
        worse_by=3.5,
        margin=2.0,
        reason=reason,
    )
    other = msgspec.structs.replace(step, id="aud_2", lever="caching", time_ms=ms(NOW) + 1)
    await steps.record([step, step])
    await steps.record([step, other])  # it may come again, alone or with others
    await house.delivery.deliver()
    newest, first = await house.events()
    assert (first.metric, first.kind, first.rule_id, first.rule_name) == (
        "lever_guard",
        "fired",
        "aud_1",
        "Guard: pruning",
    )
    assert (first.value, first.threshold, newest.rule_name) == (3.5, 2.0, "Guard: caching")
    mails = {mail["Subject"]: mail.get_content().replace("\n", " ") for _, mail in house.mail.mails}
    assert len(house.mail.mails) == 2
    assert "[Promptly] Alert: Guard: caching" in mails
    assert reason in mails["[Promptly] Alert: Guard: pruning"]
    assert await house.told() == [("email", "sent", 1)]
