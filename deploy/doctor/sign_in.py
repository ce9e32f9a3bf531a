"""Checks of sign-in with an OpenID Connect provider: its documents, what it is told of us, and its clock."""

import email.utils
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from deploy.doctor.finding import Finding, failed, ok, skipped, warning

_CHECK: Final = "sign-in"
_SECONDS: Final = 5.0
_CLOCK_SECONDS: Final = 30.0  # what tokens are given, both ways
_CALLBACK: Final = "/api/auth/oauth/oidc/callback"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


async def check_sign_in(environment: Mapping[str, str], now: float) -> list[Finding]:
    """Nothing where no provider is set up here. `now` is this machine's time in seconds since the epoch."""
    issuer = environment.get("PROMPTLY_OIDC_ISSUER")
    if not issuer:
        return []
    try:
        import httpx  # noqa: PLC0415 - an operator's image has no HTTP client
    except ImportError:
        return [skipped(_CHECK, "There is no HTTP client here, so the OpenID Connect provider is not tried.")]
    found = [*_redirect(environment)]
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            document = answer.json() if answer.status_code == 200 else None
            if not isinstance(document, dict):
                return [*found, _no_document(issuer, f"answers {answer.status_code}")]
            found += _document(document, issuer, environment)
            found += _clock(answer.headers.get("date"), now)
            if not all(isinstance(document.get(name), str) for name in _ENDPOINTS):
                return found
            keys = await client.get(str(document.get("jwks_uri")))
            if keys.status_code != 200 or not keys.json().get("keys"):
                found.append(failed(_CHECK, "The provider's jwks_uri holds no key.", "Ask whoever runs the provider."))
            page = str(document.get("authorization_endpoint"))
            begun = await client.get(f"{page}{'&' if '?' in page else '?'}{urlencode(_request(environment))}")
            if begun.status_code >= 400:
                found.append(
                    failed(
                        _CHECK,
                        f"The provider refuses to begin a sign-in ({begun.status_code}).",
                        f"Register the client id and, to the letter, the redirect URI {_callback(environment)} there.",
                    )
                )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [*found, _no_document(issuer, f"cannot be reached ({type(error).__name__})")]
    except (ValueError, AttributeError):
        return [*found, _no_document(issuer, "is not JSON")]
    fine = ok(
        _CHECK, f"The OpenID Connect provider {issuer} answers, and begins a sign-in for {_callback(environment)}."
    )
    return found or [fine]


def _redirect(environment: Mapping[str, str]) -> list[Finding]:
    parts = urlsplit(_callback(environment))
    if parts.hostname in _LOOPBACK:
        return [
            warning(
                _CHECK,
                f"The provider sends browsers back to {_callback(environment)}, which is each user's own machine.",
                "Name in PROMPTLY_PUBLIC_URL where browsers reach Promptly.",
            )
        ]
    if parts.scheme != "https":
        return [
            warning(
                _CHECK,
                "The provider sends browsers back without encryption, which most providers refuse.",
                "Put HTTPS in front (docs/https.md), and name it in PROMPTLY_PUBLIC_URL.",
            )
        ]
    return []


def _document(document: Mapping[str, Any], issuer: str, environment: Mapping[str, str]) -> list[Finding]:
    found = []
    if document.get("issuer") != issuer:
        mend = f"Set PROMPTLY_OIDC_ISSUER={document.get('issuer')}, if that is who you mean."
        found.append(failed(_CHECK, "The provider's discovery document names another issuer.", mend))
    for name in _ENDPOINTS:
        if not isinstance(document.get(name), str):
            mend = "Is PROMPTLY_OIDC_ISSUER the issuer of a provider for people's sign-in?"
            found.append(failed(_CHECK, f"The provider's discovery document has no {name}.", mend))
    known, wanted = document.get("scopes_supported"), environment.get("PROMPTLY_OIDC_SCOPES", "openid email profile")
    if isinstance(known, list) and (absent := sorted(set(wanted.split()) - set(map(str, known)))):
        mend = "Add them there, or take them out of PROMPTLY_OIDC_SCOPES."
        found.append(warning(_CHECK, f"The provider does not list these scopes: {', '.join(absent)}.", mend))
    return found


def _clock(date: str | None, now: float) -> list[Finding]:
    try:
        off = now - email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:  # it says no time
        return []
    if abs(off) <= _CLOCK_SECONDS:
        return []
    return [
        failed(
            "clock",
            f"This machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the provider's: its tokens are refused.",
            "Let an NTP client (chrony, systemd-timesyncd) set the clocks of all machines.",
        )
    ]


def _request(environment: Mapping[str, str]) -> dict[str, str]:
    """What a browser would bring, with a challenge that nobody can answer."""
    return {
        "response_type": "code",
        "client_id": environment.get("PROMPTLY_OIDC_CLIENT_ID", ""),
        "redirect_uri": _callback(environment),
        "scope": environment.get("PROMPTLY_OIDC_SCOPES", "openid email profile"),
        "state": "doctor",
        "nonce": "doctor",
        "code_challenge": "A" * 43,
        "code_challenge_method": "S256",
    }


def _callback(environment: Mapping[str, str]) -> str:
    return environment.get("PROMPTLY_PUBLIC_URL", "http://localhost:8000").rstrip("/") + _CALLBACK


def _no_document(issuer: str, how: str) -> Finding:
    return failed(
        _CHECK,
        f"The discovery document of the provider {issuer} {how}.",
        "Correct PROMPTLY_OIDC_ISSUER, or let this machine and auth's reach it.",
    )
