"""What gateways ask over HTTP, and what they alone may say there."""

import httpx
import msgspec
import pytest

from libs.common import keys
from libs.common.contracts.auth import (
    FROM_GATEWAY,
    GATEWAY_HEADER,
    VERIFY_OVER_HTTP,
    Principal,
    VerifyOverHttp,
    proof_of,
)
from libs.common.contracts.base import decoder
from libs.common.web import serve_http
from services.auth.http.gateway_peers import gateway_peers
from services.auth.issuers.service import CallerIssuers
from services.auth.keys.api_keys import ApiKeys
from tests.integration.auth.conftest import PEPPER, Auth

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_key_is_verified_over_http_for_who_has_the_pepper(auth: Auth) -> None:
    org = await auth.new_org()
    digest = keys.digest(org.api_key, PEPPER)

    async def ask(digest: str, proof: str) -> httpx.Response:
        return await auth.http.post(
            VERIFY_OVER_HTTP, content=msgspec.json.encode(VerifyOverHttp(digest=digest, proof=proof))
        )

    found = await ask(digest, keys.digest(proof_of(digest), PEPPER))
    assert found.status_code == 200
    assert decoder(Principal).decode(found.content).org_id == org.id
    assert (await ask(digest, "0" * 64)).status_code == 401
    assert (await ask("0" * 64, keys.digest(proof_of("0" * 64), PEPPER))).status_code == 401
    assert (await auth.http.post(VERIFY_OVER_HTTP, content=b"[")).status_code == 401


@pytest.mark.parametrize(
    ("proof", "seen"),
    [
        (keys.digest(FROM_GATEWAY, PEPPER), "203.0.113.9"),
        ("0" * 64, "127.0.0.1"),
        ("", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
async def test_only_a_gateway_of_ours_names_the_client(proof: str | None, seen: str) -> None:
    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    api_keys = ApiKeys(None, None, None, PEPPER)  # type: ignore[arg-type]  # not asked here
    issuers = CallerIssuers(None, None, None, None, None, None, ())  # type: ignore[arg-type]  # neither
    headers = {"x-forwarded-for": "198.51.100.1, 203.0.113.9"}
    if proof is not None:
        headers[GATEWAY_HEADER] = proof
    async with (
        serve_http(gateway_peers(app, api_keys, issuers), "127.0.0.1", 0, 1.0) as served,
        httpx.AsyncClient() as client,
    ):
        assert (await client.get(f"http://127.0.0.1:{served.port}/", headers=headers)).text == seen
