"""Tokens that others sign: which are believed, and every way known in which one that is not theirs might be."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from libs.common.json_web_tokens import MAX_KEYS, KeySet, TokenRefused, claim, good_until_ms, key_set, read, verify
from tests.fake_issuer.app import SigningKey, ec_key, ed_key, rsa_key

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ISSUER, AUDIENCE = "https://login.example.com", "promptly"


def claims(**changes: Any) -> dict[str, Any]:
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u", "exp": NOW.timestamp() + 300, **changes}
    return {name: value for name, value in said.items() if value is not None}


def signed(key: SigningKey, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    named = {} if key.kid is None else {"kid": key.kid}
    return jwt.encode(claims(**changes), key.private, algorithm=key.algorithm, headers={**named, **(headers or {})})


def raw(header: dict[str, Any], said: Any, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(said).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def listed(*keys: SigningKey) -> KeySet:
    return key_set(key.document for key in keys)


def refusal(token: str, keys: KeySet, now: datetime = NOW) -> str:
    with pytest.raises(TokenRefused) as refused:
        verify(token, keys, issuer=ISSUER, audience=AUDIENCE, now=now)
    assert str(refused.value).endswith(".")
    return refused.value.reason


@pytest.mark.parametrize("key", [rsa_key("k"), rsa_key("k", "PS256"), rsa_key("k", "RS512"), ec_key("k"), ed_key("k")])
def test_a_token_that_its_issuer_signed_is_believed(key: SigningKey) -> None:
    found = verify(signed(key, groups=["a"]), listed(key), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert (found["sub"], found["groups"]) == ("u", ["a"])
    assert good_until_ms(found) == (NOW.timestamp() + 330) * 1000


def test_a_key_without_a_named_algorithm_takes_those_of_its_kind() -> None:
    key = rsa_key("k", "PS384")
    document = {name: value for name, value in key.document.items() if name not in ("alg", "use")}
    assert verify(signed(key), key_set([document]), issuer=ISSUER, audience=AUDIENCE, now=NOW)["sub"] == "u"
    assert refusal(signed(rsa_key("k", "RS256")), listed(key)) == "key"  # it says that it is for PS384 alone


def test_a_token_without_a_key_id_is_that_of_the_only_key_that_fits() -> None:
    key, other = rsa_key(None), rsa_key("other", fresh=True)
    token = signed(key)
    assert verify(token, listed(key, ec_key("e")), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert refusal(token, listed(key, other)) == "key"
    assert refusal(token, listed(ec_key("e"))) == "key"


@pytest.mark.parametrize("place", range(3))
def test_of_several_keys_of_one_name_the_one_that_signed_counts(place: int) -> None:
    others = [rsa_key("k", fresh=True), ec_key("k")]
    mine = rsa_key("k", fresh=True)
    keys = listed(*others[:place], mine, *others[place:])
    assert verify(signed(mine), keys, issuer=ISSUER, audience=AUDIENCE, now=NOW)["sub"] == "u"
    assert refusal(signed(rsa_key("k", fresh=True)), keys) == "signature"


def test_no_more_keys_are_tried_than_a_few() -> None:
    mine, document = rsa_key("k", fresh=True), rsa_key("k").document
    assert refusal(signed(mine), key_set([*[document] * 90, mine.document])) == "signature"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", [b"", b"x" * 256])
def test_a_token_that_nobody_signed_is_refused(algorithm: str, signature: bytes) -> None:
    assert refusal(raw({"alg": algorithm, "kid": "k"}, claims(), signature), listed(rsa_key("k"))) == "algorithm"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_secret_to_sign_with(algorithm: str) -> None:
    key = rsa_key("k")
    public = key.private.public_key()
    forms = [public.public_bytes(form, PublicFormat.SubjectPublicKeyInfo) for form in (Encoding.PEM, Encoding.DER)]
    for secret in (*forms, json.dumps(key.document).encode(), b""):
        unsigned = raw({"alg": algorithm, "kid": "k"}, claims()).rpartition(".")[0]
        signature = hmac.digest(secret, unsigned.encode(), hashlib.sha256)
        token = f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
        assert refusal(token, listed(key)) == "algorithm"


def test_a_key_of_another_kind_or_of_the_token_s_own_is_not_used() -> None:
    key, mine = rsa_key("k"), rsa_key("k", fresh=True)
    assert refusal(signed(mine), listed(key)) == "signature"
    for headers in (
        {"jwk": mine.document},
        {"jku": "https://evil.example.com/jwks"},
        {"x5u": "https://evil.example.com"},
    ):
        assert refusal(signed(mine, headers), listed(key)) == "signature"
    assert refusal(signed(SigningKey("k", "ES256", ec_key("k").private)), listed(key)) == "key"
    assert refusal(signed(rsa_key("other")), listed(key)) == "key"


def test_a_symmetric_short_or_encrypting_key_is_left_out() -> None:
    short = SigningKey("k", "RS256", rsa.generate_private_key(65537, 1024))
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(b"s" * 32).decode(), "kid": "k", "alg": "HS256"}
    broken = {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "k"}
    slow = RSAAlgorithm.to_jwk(rsa_key("k").private.public_key(), as_dict=True)  # its exponent is made too long
    slow = {**slow, "e": base64.urlsafe_b64encode(b"\x01" * 64).rstrip(b"=").decode()}
    documents: list[dict[str, Any]] = [
        *(short.document, secret, broken, slow, {"kty": 7}, {"kty": "EC", "crv": "secp256k1"}, {}),
        *({**rsa_key("k").document, **change} for change in ({"use": "enc"}, {"key_ops": ["encrypt"]}, {"kid": 7})),
        {**rsa_key("k").document, "alg": "HS256"},
    ]
    assert key_set(documents).keys == ()
    assert len(key_set([rsa_key("k").document] * (MAX_KEYS + 10)).keys) == MAX_KEYS


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW.timestamp() - 30}, "expired"),
        ({"nbf": NOW.timestamp() + 31}, "not_yet"),
        ({"iat": NOW.timestamp() + 31}, "not_yet"),
        ({"iss": "https://login.example.com/"}, "issuer"),
        ({"iss": None}, "malformed"),
        ({"iss": "nul\x00"}, "malformed"),
        ({"aud": [AUDIENCE, "nul\x00"]}, "malformed"),
        ({"aud": "promptly2"}, "audience"),
        ({"aud": ["other", "another"]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [f"a{number}" for number in range(11)]}, "audience"),
        ({"aud": {"promptly": 1}}, "malformed"),
        ({"exp": None}, "malformed"),
        ({"exp": "tomorrow"}, "malformed"),
        ({"exp": 1e300}, "malformed"),
        ({"nbf": -1}, "malformed"),
    ],
)
def test_a_token_that_does_not_hold_here_and_now_says_why(changes: dict[str, Any], reason: str) -> None:
    key = rsa_key("k")
    assert refusal(signed(key, **changes), listed(key)) == reason


def test_clocks_may_differ_by_half_a_minute() -> None:
    key = rsa_key("k")
    for changes in ({"exp": NOW.timestamp() - 29}, {"nbf": NOW.timestamp() + 30}, {"aud": ["x", AUDIENCE]}):
        assert verify(signed(key, **changes), listed(key), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert refusal(signed(key), listed(key), NOW + timedelta(seconds=330)) == "expired"


@pytest.mark.parametrize(
    "token",
    [
        *("", "x", "eyJ.eyJ", "eyJ..", "eyJ.eyJ.eyJ", "a.b.c", "eyJ" * 6000 + ".x.y", "eyJhbGciOiJSUzI1NiJ9.é.x"),
        raw({"alg": "RS256", "kid": 7}, claims()),
        raw({"alg": ["RS256"]}, claims()),
        raw({"alg": "RS256"}, [1]),
        raw({"kid": "k"}, claims()),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refusal(token, listed(rsa_key("k"))) == "malformed"
    with pytest.raises(TokenRefused):
        read(token)


def test_a_critical_header_that_nobody_knows_and_a_changed_token_are_refused() -> None:
    key = rsa_key("k")
    assert refusal(signed(key, {"crit": ["b64"], "b64": False}), listed(key)) == "malformed"  # its claims are elsewhere
    assert refusal(signed(key, {"crit": ["unheard-of"], "unheard-of": 1}), listed(key)) == "signature"
    head, said, signature = signed(key).split(".")
    other = signed(key, sub="admin").split(".")[1]
    assert refusal(f"{head}.{other}.{signature}", listed(key)) == "signature"
    assert refusal(f"{head}.{said}.{signature[:-8]}", listed(key)) == "signature"


def test_a_claim_is_found_by_its_name_or_by_a_path() -> None:
    said = {"groups": ["a"], "realm_access": {"roles": ["b"]}, "https://example.com/groups": ["c"]}
    assert claim(said, "groups") == ["a"]
    assert claim(said, "realm_access.roles") == ["b"]
    assert claim(said, "https://example.com/groups") == ["c"]
    assert claim(said, "groups.x") is claim(said, "no.thing") is claim(said, "") is None
