"""JSON web tokens that others sign: read, and verified against the keys that their issuer publishes.

The key decides which algorithms may be used with it, and only those of public keys are known here: a token that says `none`, or
that is signed with a public key as if that were a secret, is refused before anything is computed.
"""

import binascii
import math
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# Which algorithms a key may be used with, by its type and curve.
_BY_KEY: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("RSA", ""): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS: Final = tuple(dict.fromkeys(name for names in _BY_KEY.values() for name in names))
MAX_TOKEN: Final = 16 << 10  # bytes; two hundred groups fit
MAX_KEYS: Final = 100
_MAX_TRIED: Final = 4  # keys of one name; each costs a check of a signature
LEEWAY: Final = 30.0  # seconds that two clocks may differ
_RSA_BITS: Final = (2048, 8192)
_EXPONENT_BITS: Final = 64  # a longer one makes every check slow
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_MAX_AUDIENCES: Final = 10

Reason = Literal["malformed", "algorithm", "key", "signature", "expired", "not_yet", "issuer", "audience"]
_SENTENCES: Final[Mapping[Reason, str]] = {
    "malformed": "It is not a signed JSON web token that can be read.",
    "algorithm": f"Its signature's algorithm is not one of {', '.join(ALGORITHMS)}.",
    "key": "Its issuer publishes no key that it could have been signed with.",
    "signature": "Its signature is not its issuer's.",
    "expired": "It has expired; get a fresh one.",
    "not_yet": "It is not valid yet; its issuer's clock may be ahead.",
    "issuer": "It was issued by somebody else.",
    "audience": "It is meant for another audience.",
}


class TokenRefused(Exception):
    """A token that is not to be believed; the message is a sentence, and quotes nothing of the token."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


class Unverified(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says of itself, to find out by which keys it has to be verified. Nothing of it may be believed."""

    algorithm: str
    key_id: str | None
    issuer: str
    audiences: tuple[str, ...]


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that an issuer signs with, and the algorithms that it may be used with."""

    key_id: str | None
    algorithms: tuple[str, ...]
    key: Any


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of an issuer that can be used."""

    keys: tuple[PublicKey, ...]

    def fitting(self, algorithm: str, key_id: str | None) -> tuple[PublicKey, ...]:
        """The keys that a token may have been signed with, by what it names: mostly one, but an issuer may publish several under
        one name while it rotates them. A token that names none is that of an issuer's only fitting key, as OpenID Connect has it.
        """
        found = [one for one in self.keys if algorithm in one.algorithms]
        if key_id is None:
            return tuple(found) if len(found) == 1 else ()
        return tuple(one for one in found if one.key_id == key_id)[:_MAX_TRIED]


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: str
    kid: str | None = None


class _Registered(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    exp: float
    aud: str | tuple[str, ...] = ()
    nbf: float | None = None
    iat: float | None = None


_JWS: Final = jwt.PyJWS(algorithms=list(ALGORITHMS))
_HEADER: Final = msgspec.json.Decoder(_Header)
_REGISTERED: Final = msgspec.json.Decoder(_Registered)
_CLAIMS: Final = msgspec.json.Decoder(dict[str, Any])


def looks_like_token(text: str) -> bool:
    """Whether this can be a token at all: three parts, of which the first begins as the object `{"` does."""
    return text.startswith("eyJ") and text.count(".") == 2 and text.isascii()


def key_set(keys: Iterable[Mapping[str, Any]]) -> KeySet:
    """The keys of a JWKS document. Those that are of no use here are left out: of another kind, for encryption, too short."""
    found = (_public_key(one) for one, _ in zip(keys, range(MAX_KEYS), strict=False))
    return KeySet(keys=tuple(one for one in found if one is not None))


def read(token: str) -> Unverified:
    """What a token says of itself; `TokenRefused` where it cannot be one."""
    head, claims, _ = _parts(token)
    try:
        header, said = _HEADER.decode(_decoded(head)), _REGISTERED.decode(_decoded(claims))
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if header.alg not in ALGORITHMS:
        raise TokenRefused("algorithm")
    audiences = _audiences(said)
    if len(audiences) > _MAX_AUDIENCES:
        raise TokenRefused("audience")
    if not all(
        text.isprintable() for text in (said.iss, *audiences, header.kid or "")
    ):  # no database could look them up
        raise TokenRefused("malformed")
    return Unverified(algorithm=header.alg, key_id=header.kid, issuer=said.iss, audiences=audiences)


def verify(token: str, keys: KeySet, *, issuer: str, audience: str, now: datetime) -> dict[str, Any]:
    """All claims of a token that `issuer` signed for `audience` and that holds `now`; `TokenRefused`, with its reason `key` where
    the issuer may have a newer key.
    """
    said = read(token)
    fitting = keys.fitting(said.algorithm, said.key_id)
    if not fitting:
        raise TokenRefused("key")
    payload = next((found for key in fitting if (found := _signed_by(key, token, said.algorithm)) is not None), None)
    if payload is None:
        raise TokenRefused("signature")
    try:
        registered, claims = _REGISTERED.decode(payload), _CLAIMS.decode(payload)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if registered.iss != issuer:
        raise TokenRefused("issuer")
    if audience not in _audiences(registered):
        raise TokenRefused("audience")
    _check_times(registered, now.timestamp())
    return claims


def good_until_ms(claims: Mapping[str, Any]) -> int:
    """The moment, in milliseconds since the epoch, from which verified claims hold no longer."""
    return int((float(claims["exp"]) + LEEWAY) * 1000)


def _signed_by(key: PublicKey, token: str, algorithm: str) -> bytes | None:
    """What a token says if this key has signed it."""
    try:
        payload: bytes = _JWS.decode_complete(token, key.key, algorithms=[algorithm])["payload"]
    except jwt.PyJWTError:
        return None
    return payload


def _check_times(said: _Registered, now: float) -> None:
    times = [one for one in (said.exp, said.nbf, said.iat) if one is not None]
    if not all(math.isfinite(one) and 0 <= one <= _LAST_SECOND for one in times):
        raise TokenRefused("malformed")
    if said.exp + LEEWAY <= now:
        raise TokenRefused("expired")
    if max(said.nbf or 0.0, said.iat or 0.0) > now + LEEWAY:
        raise TokenRefused("not_yet")


def _audiences(said: _Registered) -> tuple[str, ...]:
    return (said.aud,) if isinstance(said.aud, str) else said.aud


def _parts(token: str) -> tuple[str, str, str]:
    if len(token) > MAX_TOKEN or not looks_like_token(token):
        raise TokenRefused("malformed")
    head, claims, signature = token.split(".")
    return head, claims, signature


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise TokenRefused("malformed") from None


def _public_key(document: Mapping[str, Any]) -> PublicKey | None:
    kind, curve = document.get("kty"), document.get("crv", "")
    if not isinstance(kind, str) or not isinstance(curve, str):
        return None
    algorithms = _BY_KEY.get((kind, "" if kind == "RSA" else curve), ())
    named, operations, key_id = document.get("alg"), document.get("key_ops"), document.get("kid")
    if named is not None:
        algorithms = tuple(one for one in algorithms if one == named)
    if not algorithms or document.get("use", "sig") != "sig" or not (key_id is None or isinstance(key_id, str)):
        return None
    if operations is not None and (not isinstance(operations, list | tuple) or "verify" not in operations):
        return None
    # Only what makes a public key: one that was published whole verifies all the same, and no secret is taken over.
    public = {name: document[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in document}
    try:
        key = jwt.PyJWK(public, algorithm=algorithms[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(key, RSAPublicKey) and not _usable(key):
        return None
    return PublicKey(key_id=key_id, algorithms=algorithms, key=key)


def _usable(key: RSAPublicKey) -> bool:
    smallest, largest = _RSA_BITS
    return smallest <= key.key_size <= largest and key.public_numbers().e.bit_length() <= _EXPONENT_BITS


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, or what a path such as `realm_access.roles` leads to; None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
