"""Who a key belongs to, asked over HTTP by gateways while the bus is away. Not under /api, which is what gateways pass on."""

import hmac

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from libs.common import keys
from libs.common.contracts.auth import VERIFY_OVER_HTTP, VerifyOverHttp, proof_of
from libs.common.contracts.base import UNREADABLE, decoder
from libs.common.errors import Unauthorized
from services.auth.api_keys import ApiKeys

__all__ = ["verifying"]


def verifying(api_keys: ApiKeys) -> HTTPRouteHandler:
    """The route. Only who has the pepper can prove that it may ask, as only who has it can make a digest."""

    @post(VERIFY_OVER_HTTP, status_code=200)
    async def verify(body: bytes) -> Response[bytes]:
        try:
            asked: VerifyOverHttp = decoder(VerifyOverHttp).decode(body)
        except UNREADABLE:
            raise Unauthorized("This address is for gateways.") from None
        if not hmac.compare_digest(asked.proof, keys.digest(proof_of(asked.digest), api_keys.pepper)):
            raise Unauthorized("This address is for gateways.")
        principal = await api_keys.principal(asked.digest)
        return Response(msgspec.json.encode(principal), media_type="application/json")

    return verify
