"""Trusting an issuer with an organization's callers, and finding the one that a token names."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import CallerIssuer, FindIssuer
from libs.common.errors import BadRequest, Conflict, NotFound, Unauthorized, Unavailable
from libs.common.ids import new_id
from libs.common.net_guard import forbidden_reason
from services.auth.announced_transaction import AnnouncedTransactions
from services.auth.audited import record
from services.auth.domain.accounts import Caller
from services.auth.domain.attempts import CALLS_OUT
from services.auth.issuers.domain.issuers import ISSUERS_OF_ANYBODY, TrustedIssuer, shown
from services.auth.issuers.ports import Issuers
from services.auth.keys.api_keys import ApiKeys
from services.auth.ports import Limits, UnitOfWork

MOST_ISSUERS: Final = 20
_UNKNOWN: Final = (
    "No organization here trusts this token's issuer (`iss`) for its audience (`aud`). An admin adds it in the dashboard, under"
    " Organization."
)
_SEVERAL: Final = (
    "Different organizations here trust this token's issuer for its several audiences (`aud`)."
    " Request a token with a single one."
)
_KEY_GONE: Final = (
    "The Promptly key whose limits this issuer's tokens have is revoked or expired, or belongs to somebody who may only look on. An admin"
    " adds the issuer again with another key."
)


class NewIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin says of an issuer."""

    issuer: str
    audience: str
    key_id: str
    user_claim: str
    tag_claim: str | None
    required_claims: dict[str, str]


class CallerIssuers:
    """An organization's trusted issuers. Gateways keep one as they keep a key's principal, and drop it where it changes."""

    def __init__(
        self,
        uow: UnitOfWork,
        transactions: AnnouncedTransactions,
        issuers: Issuers,
        api_keys: ApiKeys,
        clock: Clock,
        limits: Limits,
        allowed_hosts: Collection[str],
    ) -> None:
        self._limits = limits
        self._uow = uow
        self._transactions = transactions
        self._issuers = issuers
        self._api_keys = api_keys
        self._clock = clock
        self._allowed_hosts = allowed_hosts

    async def all(self, caller: Caller) -> Sequence[TrustedIssuer]:
        """The organization's, oldest first."""
        async with self._uow() as tx:
            return await tx.issuers.all(caller.org_id)

    async def add(self, caller: Caller, wanted: NewIssuer) -> TrustedIssuer:
        """Trust an issuer for an audience. `BadRequest` where it may not be called, or has no keys that can be used; `Conflict` where
        somebody here trusts it for this audience already; `RateLimited` after sixty tries within an hour.
        """
        if (reason := forbidden_reason(wanted.issuer, self._allowed_hosts)) is not None:
            raise BadRequest(reason, param="issuer")
        telling = ISSUERS_OF_ANYBODY.get(wanted.issuer)
        if telling is not None and telling.isdisjoint(wanted.required_claims):
            raise BadRequest(
                "Everybody can get tokens of this issuer, and would spend your money: require what only yours say, in one of these"
                f" claims: {', '.join(sorted(telling))}.",
                param="required_claims",
            )
        await self._limits.take(CALLS_OUT, caller.org_id)
        try:
            await self._issuers.keys(wanted.issuer)
        except Unavailable as error:
            raise BadRequest(error.message, param="issuer") from None
        issuer = TrustedIssuer(
            id=new_id("iss"),
            org_id=caller.org_id,
            created_by=caller.user_id,
            created_at=self._clock.now(),
            **msgspec.structs.asdict(wanted),
        )
        async with self._transactions.begin(caller.org_id) as tx:
            await tx.configuration.lock(caller.org_id)  # no two at once, or there might be more than the bound
            if await tx.api_keys.one(caller.org_id, wanted.key_id) is None:
                raise BadRequest("There is no such Promptly key.", param="key_id")
            if len(await tx.issuers.all(caller.org_id)) >= MOST_ISSUERS:
                raise BadRequest(f"An organization may trust {MOST_ISSUERS} issuers; remove one first.")
            if not await tx.issuers.add(issuer):
                raise Conflict("This issuer is trusted for this audience already; choose an audience of your own.")
            await record(tx, caller, "issuer_added", issuer.created_at, after=shown(issuer))
        return issuer

    async def remove(self, caller: Caller, issuer_id: str) -> None:
        """Trust an issuer no longer: its tokens end as a revoked key does."""
        async with self._transactions.begin(caller.org_id) as tx:
            issuer = await tx.issuers.delete(caller.org_id, issuer_id)
            if issuer is None:
                raise NotFound("There is no such issuer.")
            await record(tx, caller, "issuer_removed", self._clock.now(), before=shown(issuer))

    async def find(self, wanted: FindIssuer) -> CallerIssuer:
        """The issuer that a token names, with its keys and the principal of its Promptly key. `Unauthorized` where nobody trusts it;
        `Unavailable` where its keys cannot be had.
        """
        async with self._uow() as tx:
            found = await tx.issuers.find(wanted.issuer, wanted.audiences)
            if len({one.org_id for one in found}) > 1:
                raise Unauthorized(_SEVERAL)
            if not found:
                raise Unauthorized(_UNKNOWN)
            issuer = min(found, key=lambda one: one.id)
            principal = await tx.api_keys.principal_of(issuer.org_id, issuer.key_id, self._api_keys.confirmed_from())
        try:
            principal = self._api_keys.usable(principal)
        except Unauthorized:
            raise Unauthorized(_KEY_GONE) from None
        return CallerIssuer(
            issuer=issuer.issuer,
            audience=issuer.audience,
            user_claim=issuer.user_claim,
            tag_claim=issuer.tag_claim,
            required_claims=issuer.required_claims,
            keys=tuple(await self._issuers.keys(issuer.issuer, wanted.key_id)),
            principal=principal,
        )
