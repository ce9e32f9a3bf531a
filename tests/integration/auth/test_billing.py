"""Credits are bought at a played Stripe, through its own library: pages, signed events, receipts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.common.bus import MemoryBus
from libs.common.contracts.auth import CREDITS, CREDITS_ADDED, OrgRef
from services.auth.app import create_app
from tests.fake_stripe.app import SECRET_KEY, WEBHOOK_SECRET, FakeStripe, fake_stripe, sign
from tests.integration.alerts.receivers import MailServer, mail_server
from tests.integration.auth.conftest import Auth, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHECKOUT, WEBHOOK = "/api/billing/credits/checkout", "/api/billing/webhook"
TRIAL = 1_000
FRONTEND = "https://dashboard.example.com"


@pytest.fixture(scope="module")
def stripe() -> Iterator[FakeStripe]:
    with fake_stripe() as played:
        yield played


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(database_url: str, stripe: FakeStripe, mail: MailServer) -> AsyncIterator[Auth]:
    """Auth that sells."""
    settings = settings_for(
        database_url,
        stripe_secret_key=SECRET_KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_api_base=stripe.url,
        frontend_url=FRONTEND,
        smtp_url=f"smtp://127.0.0.1:{mail.port}",
        trial_credits=TRIAL,
        low_credits=0,
    )
    bus = MemoryBus()
    async with (
        create_app(settings, bus) as app,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=30) as http,
    ):
        yield Auth(http, bus, settings)
        await bus.drain()


async def tell(shop: Auth, told: tuple[bytes, str]) -> httpx.Response:
    return await shop.http.post(WEBHOOK, content=told[0], headers={"stripe-signature": told[1]})


async def balance(shop: Auth, org_id: str) -> int:
    return (await shop.bus.call(CREDITS, OrgRef(org_id=org_id))).balance_tokens


async def test_a_trial_is_in_the_history_whatever_is_looked_at_first(shop: Auth) -> None:
    org = await shop.new_org()
    bought = (await shop.call("GET", "/api/billing/purchases", org.token)).json()["purchases"]
    assert [(one["kind"], one["tokens"]) for one in bought] == [("trial", TRIAL)]


async def test_a_purchase_from_the_page_to_the_receipt(shop: Auth, stripe: FakeStripe, mail: MailServer) -> None:
    org = await shop.new_org()
    heard: list[OrgRef] = []

    async def hear(added: OrgRef) -> None:
        heard.append(added)

    await shop.bus.listen(CREDITS_ADDED, hear)
    left = (await shop.call("GET", "/api/billing/credits", org.token)).json()
    assert left == {
        "balance_tokens": TRIAL,
        "currency": "GBP",
        "price_per_million_tokens": 0.1,
        "minimum_purchase_gbp": 5.0,
        "can_buy": True,
    }
    opened = (await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": 12.34})).json()
    session = stripe.sessions[opened["session_id"]]
    assert opened["url"] == session["url"]
    assert (session["amount_total"], session["currency"], session["customer_email"]) == (1234, "gbp", org.email)
    assert session["success_url"] == f"{FRONTEND}/credits?checkout=done&session_id={{CHECKOUT_SESSION_ID}}"
    assert await balance(shop, org.id) == TRIAL  # nobody has paid yet

    told = stripe.event(opened["session_id"])
    assert (await tell(shop, told)).json() == {"received": True}
    assert await balance(shop, org.id) == TRIAL + 123_400_000
    # Whatever is told again, in whatever words, brings nothing more.
    for again in (
        told,
        stripe.event(opened["session_id"]),
        stripe.event(opened["session_id"], "checkout.session.async_payment_succeeded"),
    ):
        assert (await tell(shop, again)).status_code == 200
    assert await balance(shop, org.id) == TRIAL + 123_400_000
    assert [one.org_id for one in heard].count(org.id) == 1

    bought = (await shop.call("GET", "/api/billing/purchases", org.token)).json()["purchases"]
    assert [(one["kind"], one["tokens"], one["amount_gbp"]) for one in bought] == [
        ("purchase", 123_400_000, 12.34),
        ("trial", TRIAL, 0.0),
    ]
    assert bought[0]["reference"] == opened["session_id"]
    async with asyncio.timeout(10):
        while not any(to == [org.email] for to, _ in mail.mails):
            await asyncio.sleep(0.01)  # between two looks
    text = next(message.get_content() for to, message in mail.mails if to == [org.email])
    assert "123,400,000 tokens of credits for £12.34" in text
    assert opened["session_id"] in text


async def test_a_hundred_tellings_at_once_bring_the_credits_once(shop: Auth, stripe: FakeStripe) -> None:
    org = await shop.new_org()
    opened = (await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": 5})).json()
    answers = await asyncio.gather(*(tell(shop, stripe.event(opened["session_id"])) for _ in range(100)))
    # Who finds no room in the pool is told to come again, as Stripe does with whatever is no 2xx.
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert (await tell(shop, stripe.event(opened["session_id"]))).status_code == 200
    assert await balance(shop, org.id) == TRIAL + 50_000_000


@pytest.mark.parametrize("amount", [4.99, 0, -5, 5.001, 10_000.01, "many", None, 1e300])
async def test_sums_that_cannot_be_paid(shop: Auth, amount: Any) -> None:
    org = await shop.new_org()
    answer = await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": amount})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "amount_gbp"


async def test_what_stripe_did_not_sign_is_not_believed(shop: Auth, stripe: FakeStripe) -> None:
    org = await shop.new_org()
    opened = (await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": 5})).json()
    body, signature = stripe.event(opened["session_id"])
    more = body.replace(b'"amount_total": 500', b'"amount_total": 500000')
    assert more != body
    old = signature.replace("t=", "t=1")
    forged = sign(body.decode(), "whsec_another")
    for told in ((more, signature), (body, ""), (body, "t=1,v1=00"), (body, old), (body, forged), (b"", signature)):
        answer = await tell(shop, told)
        assert (answer.status_code, answer.json()["detail"]) == (400, "This is not signed by the payment provider.")
    assert await balance(shop, org.id) == TRIAL


async def test_what_is_about_no_purchase_of_ours_changes_nothing(shop: Auth, stripe: FakeStripe) -> None:
    org = await shop.new_org()
    opened = (await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": 5})).json()
    session = opened["session_id"]
    for told in (
        stripe.event(session, payment_status="unpaid"),
        stripe.event(session, "checkout.session.expired"),
        stripe.event(session, "customer.created"),
        stripe.event(session, metadata={}),
        stripe.event(session, metadata=None),
        stripe.event(session, currency="usd"),
        *(stripe.event(session, amount_total=pence) for pence in (-500, 0, 1_000_001, 10**18, 10**30)),
        stripe.event(session, metadata={"org_id": "org_" + "0" * 32}),
    ):
        assert (await tell(shop, told)).status_code == 200
    assert await balance(shop, org.id) == TRIAL


async def test_a_stripe_that_refuses_is_a_sentence(shop: Auth, stripe: FakeStripe) -> None:
    org = await shop.new_org()
    stripe.refusing = True
    try:
        answer = await shop.call("POST", CHECKOUT, org.token, json={"amount_gbp": 5})
    finally:
        stripe.refusing = False
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The payment provider does not answer right now. Nothing was charged; try again.",
    )
    assert SECRET_KEY not in answer.text


async def test_who_may_buy_and_who_may_look(shop: Auth) -> None:
    org = await shop.new_org()
    for role in ("member", "viewer"):
        token = await shop.join(org, role)  # type: ignore[arg-type]
        assert (await shop.call("POST", CHECKOUT, token, json={"amount_gbp": 5})).status_code == 403
        assert (await shop.call("GET", "/api/billing/credits", token)).status_code == 200
