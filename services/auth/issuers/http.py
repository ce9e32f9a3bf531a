"""Issuers whose tokens an organization's callers may bring in the place of a Promptly key."""

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath

from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.issuers import schemas
from services.auth.issuers.service import CallerIssuers, NewIssuer


class IssuerController(Controller):
    """/api/issuers"""

    path = "/issuers"

    @get(needs=Action.MANAGE_ISSUERS)
    async def all(self, request: ApiRequest, issuers: Injected[CallerIssuers]) -> schemas.Issuers:
        """The issuers whose tokens are taken on `/v1`."""
        found = await issuers.all(request.user)
        return schemas.Issuers(issuers=tuple(map(schemas.Issuer.of, found)))

    @post(needs=Action.MANAGE_ISSUERS, fails=(409, 429))
    async def add(
        self, request: ApiRequest, payload: Payload[schemas.IssuerBody], issuers: Injected[CallerIssuers]
    ) -> schemas.Issuer:
        """Take an issuer's tokens on `/v1`; its discovery document and its keys are fetched once before."""
        return schemas.Issuer.of(await issuers.add(request.user, NewIssuer(**msgspec.structs.asdict(payload))))

    @delete("/{issuer_id:str}", needs=Action.MANAGE_ISSUERS)
    async def remove(self, request: ApiRequest, issuers: Injected[CallerIssuers], issuer_id: FromPath[str]) -> None:
        """Take an issuer's tokens no longer, at once."""
        await issuers.remove(request.user, an_id(issuer_id, "iss"))
