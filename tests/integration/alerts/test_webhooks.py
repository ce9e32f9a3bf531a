"""Webhooks about requests that waited: added, verified, called until they answer, and never with what is not theirs."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.contracts.alerts import NewWebhook, Webhook, WebhookId, WebhookName, WebhooksOf
from libs.common.contracts.events import DeferredEnded, OrgDeleted
from libs.common.errors import BadRequest, Conflict, NotFound
from libs.common.ids import new_id
from services.alerts.deferred_steps import DeferredSteps
from services.alerts.translate.notification_webhook import answers_challenge
from tests.integration.alerts.receivers import Post
from tests.integration.alerts.test_notifications import House, house  # noqa: F401
from tests.unit.analytics.examples import NOW, ms


async def _added(house: House, name: str = "night-jobs", path: str = "/done?team=7") -> Webhook:  # noqa: F811
    return await house.webhooks.add(NewWebhook(id=new_id("whk"), org_id=house.org, name=name, url=house.url(path)))


async def _verified(house: House, **more: str) -> Webhook:  # noqa: F811
    added = await _added(house, **more)
    house.http.secret = added.secret
    await house.webhooks.verify(WebhookId(org_id=house.org, id=added.id))
    house.http.posts.clear()
    return added


def _ended(house: House, webhook: Webhook, **changes: Any) -> DeferredEnded:  # noqa: F811
    plain = DeferredEnded(
        org_id=house.org,
        request_id=new_id("req"),
        webhook_id=webhook.id,
        status="completed",
        created_ms=ms(NOW) - 5_000,
        deadline_ms=ms(NOW) + 86_395_000,
        time_ms=ms(NOW),
    )
    return msgspec.structs.replace(plain, **changes)


def _is_signed(post: Post, secret: str) -> bool:
    fields = dict(part.split("=", 1) for part in post.headers["x-promptly-signature"].split(","))
    expected = hmac.new(secret.encode(), fields["t"].encode() + b"." + post.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(fields["v1"], expected)


async def test_a_webhook_is_named_only_after_its_receiver_has_shown_that_it_holds_the_secret(house: House) -> None:  # noqa: F811
    added = await _added(house)
    named, wanted = WebhookName(org_id=house.org, name=added.name), WebhookId(org_id=house.org, id=added.id)
    assert (added.url, added.verified_at_ms) == (f"http://127.0.0.1:{house.http.port}/…am=7", None)
    [shown] = (await house.webhooks.all(WebhooksOf(org_id=house.org))).webhooks
    assert shown.secret == ""
    with pytest.raises(BadRequest, match="not verified yet") as refused:
        await house.webhooks.find(named)
    assert (refused.value.code, refused.value.details.param) == ("webhook_not_verified", "x-promptly-webhook")
    house.http.secret = "another"
    with pytest.raises(BadRequest, match="did not show that it holds the secret"):
        await house.webhooks.verify(wanted)
    house.http.answers = [302]
    with pytest.raises(BadRequest, match="a redirect, which is not followed"):
        await house.webhooks.verify(wanted)
    house.http.secret = added.secret
    assert (await house.webhooks.verify(wanted)).verified_at_ms == ms(NOW)
    assert (await house.webhooks.find(named)).id == added.id
    bodies = [json.loads(post.body) for post in house.http.posts]
    assert {body["type"] for body in bodies} == {"webhook.verification"}
    assert len({body["challenge"] for body in bodies}) == 3
    assert all(_is_signed(post, added.secret) for post in house.http.posts)


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}", b"null", b'{"response": 7}', b'{"response": "\xff"}', '{"response": "é"}'.encode(), b"[" * 9000],
)
def test_an_answer_that_proves_nothing_verifies_nothing(answer: bytes) -> None:
    assert not answers_challenge("secret", "challenge", answer)


@pytest.mark.parametrize(
    ("name", "url", "param"),
    [
        ("night jobs", "https://example.com/", "name"),
        ("", "https://example.com/", "name"),
        ("a" * 65, "https://example.com/", "name"),
        ("jobs", "http://example.com/", "url"),
        ("jobs", "https://127.0.0.1/", "url"),
        ("jobs", "https://169.254.169.254/latest", "url"),
        ("jobs", "https://[::1]/", "url"),
        ("jobs", "ftp://example.com/", "url"),
        ("jobs", "https://user:word@example.com/", "url"),
    ],
)
async def test_what_no_webhook_may_be(house: House, name: str, url: str, param: str) -> None:  # noqa: F811
    with pytest.raises(BadRequest) as refused:
        await house.webhooks.add(NewWebhook(id=new_id("whk"), org_id=house.org, name=name, url=url))
    assert refused.value.details.param == param


async def test_nobody_reaches_the_webhook_of_another_organization(house: House) -> None:  # noqa: F811
    added, other = await _verified(house), new_id("org")
    with pytest.raises(Conflict):
        await _added(house)
    with pytest.raises(BadRequest, match="no webhook of the name") as refused:
        await house.webhooks.find(WebhookName(org_id=other, name=added.name))
    assert refused.value.code == "webhook_not_found"
    with pytest.raises(NotFound):
        await house.webhooks.verify(WebhookId(org_id=other, id=added.id))
    with pytest.raises(NotFound):
        await house.webhooks.delete(WebhookId(org_id=other, id=added.id))
    assert (await house.webhooks.all(WebhooksOf(org_id=other))).webhooks == ()
    await DeferredSteps(house.uow, house.clock).record([_ended(house, added, org_id=other)])
    await house.delivery.deliver()
    assert house.http.posts == []
    for number in range(19):
        await _added(house, name=f"n{number}")
    with pytest.raises(BadRequest, match="20 webhooks"):
        await _added(house, name="one-more")


async def test_a_request_that_waited_is_told_until_the_receiver_has_it_and_once_in_its_words(house: House) -> None:  # noqa: F811
    webhook, steps = await _verified(house), DeferredSteps(house.uow, house.clock)
    ended = _ended(house, webhook)
    await steps.record([ended, ended])
    await steps.record([msgspec.structs.replace(ended, time_ms=ms(NOW) + 9)])
    house.http.answers = [500, 302]
    await house.delivery.deliver()
    [shown] = (await house.webhooks.all(WebhooksOf(org_id=house.org))).webhooks
    assert (shown.waiting, shown.failed, shown.last_error) == (1, 0, "The receiver answered 500.")
    await house.delivery.deliver()
    assert len(house.http.posts) == 1
    for seconds in (10, 30):
        house.clock.advance(seconds)
        await house.delivery.deliver()
    house.clock.advance(100_000)
    await house.delivery.deliver()
    assert [json.loads(post.body) for post in house.http.posts] == 3 * [
        {
            "id": f"ntf_{ended.request_id[4:]}",
            "type": "deferred.completed",
            "time": "2026-11-20T12:34:56.000Z",
            "data": {
                "id": ended.request_id,
                "status": "completed",
                "created_at": ended.created_ms // 1000,
                "deadline_at": ended.deadline_ms // 1000,
                "status_url": f"/v1/deferred/{ended.request_id}",
                "object": "deferred",
            },
        }
    ]
    assert {post.headers["x-promptly-id"] for post in house.http.posts} == {f"ntf_{ended.request_id[4:]}"}
    assert all(_is_signed(post, webhook.secret) for post in house.http.posts)
    assert len({post.headers["x-promptly-signature"] for post in house.http.posts}) == 3  # each with its time
    assert await house.events() == ()


async def test_what_never_arrives_ends_after_eight_tries_and_is_seen(house: House) -> None:  # noqa: F811
    webhook = await _verified(house)
    await DeferredSteps(house.uow, house.clock).record([_ended(house, webhook, status="failed")])
    house.http.answers = [503] * 20
    for _ in range(12):
        await house.delivery.deliver()
        house.clock.advance(timedelta(hours=3).total_seconds())
    assert len(house.http.posts) == 8
    assert {json.loads(post.body)["type"] for post in house.http.posts} == {"deferred.failed"}
    [shown] = (await house.webhooks.all(WebhooksOf(org_id=house.org))).webhooks
    assert (shown.waiting, shown.failed, shown.last_error) == (0, 1, "The receiver answered 503.")


async def test_a_webhook_that_was_deleted_is_not_called_any_more(house: House) -> None:  # noqa: F811
    webhook, steps = await _verified(house), DeferredSteps(house.uow, house.clock)
    await steps.record([_ended(house, webhook)])
    await house.webhooks.delete(WebhookId(org_id=house.org, id=webhook.id))
    await steps.record([_ended(house, webhook)])
    await house.delivery.deliver()
    assert house.http.posts == []


async def test_an_organization_that_is_no_more_has_no_webhooks(house: House) -> None:  # noqa: F811
    webhook = await _verified(house)
    await DeferredSteps(house.uow, house.clock).record([_ended(house, webhook)])
    await house.counting.erase([OrgDeleted(org_id=house.org, time_ms=ms(NOW))])
    await house.delivery.deliver()
    assert (house.http.posts, (await house.webhooks.all(WebhooksOf(org_id=house.org))).webhooks) == ([], ())
    with pytest.raises(Conflict):
        await _added(house)


async def test_many_of_one_organization_all_arrive_and_alerts_go_first(house: House) -> None:  # noqa: F811
    webhook = await _verified(house)
    await DeferredSteps(house.uow, house.clock).record([_ended(house, webhook) for _ in range(23)])
    await house.watch("webhook")
    await house.fire()
    await house.delivery.deliver()
    types = [json.loads(post.body)["type"] for post in house.http.posts]
    assert (types.count("deferred.completed"), types.index("alert.fired") < 5) == (23, True)
