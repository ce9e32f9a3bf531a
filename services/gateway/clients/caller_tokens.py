"""Whom a caller's own token speaks for: verified here, against its issuer's keys, which auth fetches and tells."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from libs.common.bus.ports import Bus
from libs.common.clock import Clock
from libs.common.contracts.auth import (
    FIND_ISSUER,
    FIND_ISSUER_OVER_HTTP,
    CallerIssuer,
    FindIssuer,
    FindIssuerOverHttp,
    Principal,
    PrincipalChanged,
)
from libs.common.errors import PromptlyError, Unauthorized, Unavailable
from libs.common.json_web_tokens import KeySet, TokenRefused, Unverified, claim, good_until_ms, key_set, read, verify
from services.gateway.clients.auth_answers import Answered, AuthAnswers, AuthCalls

_LONGEST_USER: Final = 256
_TAG_VALUE: Final = re.compile(r"[^,=]{1,256}")
_ASK_AGAIN: Final = 10.0  # seconds between two questions about keys of one issuer that are not known
_MOST: Final = 1000  # issuers whose keys were asked for again


class _Issuer(msgspec.Struct, frozen=True, kw_only=True):
    found: CallerIssuer
    keys: KeySet


class CallerTokens:
    """What auth says of an issuer is kept as a key's principal is; a token itself is verified every time, so that it ends when it says.
    Only an issuer whose signature was seen is kept: others cannot fill the memory with audiences that they make up.
    """

    def __init__(self, calls: AuthCalls, bus: Bus, clock: Clock, ttl: float, stale: float, memory_bytes: int) -> None:
        self._calls = calls
        self._clock = clock
        self._answers = AuthAnswers[_Issuer](
            bus, clock, ttl, stale, memory_bytes, lambda issuer: issuer.found.principal
        )
        self._asked_again: OrderedDict[str, float] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The principal of a token's issuer, for the user whom the token names, until the token ends. `Unauthorized` says what is wrong
        with a token, and quotes nothing of it.
        """
        try:
            said = read(token)
            name = "\n".join((said.issuer, *sorted(said.audiences)))  # none of them holds a line's end
            answered = await self._answers.get(name, lambda: self._ask(said, None))
            try:
                claims = self._verified(token, answered)
            except TokenRefused as error:
                if error.reason != "key" or not self._may_ask_again(name):
                    raise
                answered = await self._answers.ask(lambda: self._ask(said, said.key_id))
                claims = self._verified(token, answered)
        except TokenRefused as error:
            raise Unauthorized(f"This token is not accepted. {error}") from None
        except Unauthorized as error:
            raise Unauthorized(f"This token is not accepted. {error.message}") from None
        except PromptlyError:
            raise Unavailable(
                "Tokens of this issuer cannot be checked right now: its keys, or the part that knows them, cannot be reached."
                " Try again in a moment."
            ) from None
        if not answered.cached:
            self._answers.keep(name, answered, 4 * len(msgspec.json.encode(answered.value.found)))  # as objects
        return self._principal(answered.value.found, claims)

    async def on_change(self, change: PrincipalChanged) -> None:
        """Drop the issuers of this key, or of this organization."""
        await self._answers.on_change(change)

    async def _ask(self, said: Unverified, key_id: str | None) -> _Issuer:
        wanted = FindIssuer(issuer=said.issuer, audiences=said.audiences, key_id=key_id)
        over_http = FindIssuerOverHttp(wanted=wanted, proof=self._calls.proof(said.issuer))
        found = await self._calls(FIND_ISSUER, wanted, FIND_ISSUER_OVER_HTTP, over_http)
        return _Issuer(found=found, keys=key_set(map(msgspec.to_builtins, found.keys)))

    def _verified(self, token: str, answered: Answered[_Issuer]) -> Mapping[str, Any]:
        found = answered.value.found
        now = self._clock.now()
        return verify(token, answered.value.keys, issuer=found.issuer, audience=found.audience, now=now)

    def _may_ask_again(self, name: str) -> bool:
        now = self._clock.monotonic()
        if now - self._asked_again.get(name, -_ASK_AGAIN) < _ASK_AGAIN:
            return False
        self._asked_again[name] = now
        self._asked_again.move_to_end(name)
        if len(self._asked_again) > _MOST:
            self._asked_again.popitem(last=False)
        return True

    def _principal(self, found: CallerIssuer, claims: Mapping[str, Any]) -> Principal:
        for name, value in found.required_claims.items():
            if not _holds(claim(claims, name), value):
                raise Unauthorized(
                    f"This token is not accepted. Its claim {name} is not what your organization requires."
                )
        user = claim(claims, found.user_claim)
        if not isinstance(user, str) or not 0 < len(user) <= _LONGEST_USER or not user.isprintable():
            raise Unauthorized(
                f"This token is not accepted. Its claim {found.user_claim}, which names the user, is missing, or is no text of at most"
                f" {_LONGEST_USER} printable characters."
            )
        own, token_ends = found.principal.expires_at_ms, good_until_ms(claims)
        ends = token_ends if own is None else min(own, token_ends)
        if ends <= self._clock.now().timestamp() * 1000:
            raise Unauthorized("This token is not accepted. The Promptly key whose limits it has has expired.")
        return msgspec.structs.replace(
            found.principal, expires_at_ms=ends, end_user=user, tags=_tags(found.tag_claim, claims)
        )


def _holds(held: Any, value: str) -> bool:
    """Whether a claim has this value, or lists it. A number or a boolean is written as JSON writes it."""
    if isinstance(held, list):
        return any(_holds(one, value) for one in held if not isinstance(one, list))
    if isinstance(held, str):
        return held == value
    return isinstance(held, bool | int | float) and msgspec.json.encode(held).decode() == value


def _tags(name: str | None, claims: Mapping[str, Any]) -> dict[str, str]:
    if name is None:
        return {}
    value = claim(claims, name)
    fits = isinstance(value, str) and value.isprintable() and _TAG_VALUE.fullmatch(value) is not None
    return {name: value if fits else ""}  # empty: the client does not say it either
