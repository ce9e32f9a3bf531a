"""The OpenID Connect provider of this installation: discovery, the authorization code flow with PKCE, and the ID token."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import JsonWebKey
from libs.common.errors import BadRequest, Forbidden, Unavailable, UpstreamFailed
from libs.common.guarded_http import GuardedHttp, Unreachable
from libs.common.json_web_tokens import TokenRefused, claim, key_set, read, verify
from services.auth.accounts.domain.credentials import normalise_email
from services.auth.domain.identities import Identity
from services.auth.issuers.ports import IssuerMetadata, Issuers
from services.auth.sessions.ports import Returned

_SECONDS: Final = 5.0
_LARGEST: Final = 64 << 10
_LONGEST_SUBJECT: Final = 255


class OidcClient(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator says of the provider. `trust_email`: addresses are verified where a token does not say whether they are."""

    issuer: str
    client_id: str
    client_secret: str | None
    name: str
    scopes: str
    groups_claim: str
    org_claim: str | None
    trust_email: bool


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str


class OpenIdConnect:
    """Implements `ports.IdentityProvider`."""

    def __init__(self, client: OidcClient, issuers: Issuers, http: GuardedHttp, clock: Clock) -> None:
        self._client = client
        self._issuers = issuers
        self._http = http
        self._clock = clock

    @property
    def title(self) -> str:
        return self._client.name

    async def address(self, state: str, challenge: str, redirect_uri: str, nonce: str) -> str:
        metadata = await self._metadata()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = self._endpoint(metadata.authorization_endpoint)
        return f"{page}{'&' if '?' in page else '?'}{urlencode(query)}"

    async def identity(self, returned: Returned, verifier: str, redirect_uri: str, nonce: str) -> Identity:
        metadata = await self._metadata()
        named = returned.issuer
        if (named is None and metadata.authorization_response_iss_parameter_supported) or named not in (
            None,
            self._client.issuer,
        ):
            raise UpstreamFailed(f"Somebody else than {self.title} answered this sign-in; begin again.")
        token = await self._exchange(metadata, returned.code, verifier, redirect_uri)
        return self._identity(await self._claims(token), nonce)

    async def _metadata(self) -> IssuerMetadata:
        try:
            return await self._issuers.metadata(self._client.issuer)
        except Unavailable:
            raise self._away() from None

    def _endpoint(self, url: str | None) -> str:
        if url is None or not url.startswith(("https://", "http://")):
            raise UpstreamFailed(f"{self.title} names no page to sign in on; ask whoever runs this Promptly.")
        return url

    async def _exchange(self, metadata: IssuerMetadata, code: str, verifier: str, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        secret, client_id = self._client.client_secret, self._client.client_id
        if secret is not None and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client_id} | ({} if secret is None else {"client_secret": secret})
        try:
            status, body = await self._http.request(
                "POST",
                self._endpoint(metadata.token_endpoint),
                headers=headers,
                body=urlencode(form).encode(),
                seconds=_SECONDS,
                largest=_LARGEST,
            )
        except Unreachable:
            raise self._away() from None
        try:
            if status != 200:
                raise ValueError
            return msgspec.json.decode(body, type=_Token).id_token
        except (ValueError, RecursionError):
            raise self._refused() from None

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            try:
                return await self._verified(token, None)
            except TokenRefused as error:
                if error.reason != "key":
                    raise
            return await self._verified(token, _key_id(token))
        except TokenRefused:
            raise self._refused() from None
        except Unavailable:
            raise self._away() from None

    async def _verified(self, token: str, key_id: str | None) -> Mapping[str, Any]:
        issuer, audience = self._client.issuer, self._client.client_id
        keys = await self._issuers.keys(issuer, key_id)
        return verify(token, key_set(map(_as_document, keys)), issuer=issuer, audience=audience, now=self._clock.now())

    def _identity(self, claims: Mapping[str, Any], nonce: str) -> Identity:
        client, subject, audience = self._client, claims.get("sub"), claims.get("aud")
        held, party = claims.get("nonce"), claims.get("azp")
        if not isinstance(held, str) or not hmac.compare_digest(held.encode(), nonce.encode()):
            raise self._refused()
        if (party is None and isinstance(audience, list) and len(audience) > 1) or party not in (
            None,
            client.client_id,
        ):
            raise self._refused()
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or "\x00" in subject:
            raise self._refused()
        org = None if client.org_claim is None else claim(claims, client.org_claim)
        if client.org_claim is not None and not isinstance(org, str):
            raise Forbidden(
                f"{self.title} does not say which organization is yours (the claim {client.org_claim}).",
                code="no_organization",
            )
        return Identity(
            source="oidc",
            subject=f"{client.issuer}|{subject}",
            email=self._email(claims),
            groups=self._groups(claims),
            org=org,
        )

    def _groups(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """`Forbidden` where there are more than the provider writes into a token (Entra ID, from 201 on): nobody is suspended for that."""
        found, left_out = claim(claims, self._client.groups_claim), claims.get("_claim_names")
        if found is None and (
            claims.get("hasgroups") is True or (isinstance(left_out, Mapping) and self._client.groups_claim in left_out)
        ):
            raise Forbidden(
                f"{self.title} lists you in more groups than fit into a sign-in. Whoever runs this Promptly has it send only the groups"
                " that are assigned to this application.",
                code="too_many_groups",
            )
        listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return tuple(one for one in listed if isinstance(one, str))

    def _email(self, claims: Mapping[str, Any]) -> str:
        email, verified = claims.get("email"), claims.get("email_verified")
        if verified in (True, "true") or (verified is None and self._client.trust_email):
            try:
                return normalise_email(email if isinstance(email, str) else "")
            except BadRequest:
                pass
        raise Forbidden(
            f"{self.title} knows no verified e-mail address of yours; verify one there first.",
            code="email_not_verified",
        )

    def _away(self) -> UpstreamFailed:
        return UpstreamFailed(f"{self.title} cannot be reached right now; try again in a moment.")

    def _refused(self) -> UpstreamFailed:
        return UpstreamFailed(f"{self.title} did not confirm this sign-in; begin again.")


def _key_id(token: str) -> str | None:
    return read(token).key_id


def _as_document(key: JsonWebKey) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(key)
    return found
