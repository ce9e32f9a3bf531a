"""Connections to the control plane."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx


def to_auth(auth_url: str, connections: int) -> httpx.AsyncClient:
    """A client of auth's. Where no connection is free, a request fails soon."""
    return httpx.AsyncClient(
        base_url=auth_url,
        timeout=httpx.Timeout(30.0, pool=1.0),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=20),
        trust_env=False,
        # A cookie of one caller must never go out with another's request.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
