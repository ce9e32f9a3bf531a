"""Which addresses Promptly may be told to call: https and the public internet, plus what the operator lists.

The address in a URL is checked when it is stored; a name's resolved address has to be checked again, with
`address_allowed`, by whoever opens the connection, because a name can point elsewhere by then.
"""

import ipaddress
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")
_INWARD: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
_PORTS: Final = (443, 8443)
_LONGEST: Final = 2000
_PUBLIC_V6: Final = ipaddress.ip_network("2000::/3")
_SIX_TO_FOUR: Final = ipaddress.ip_network("2002::/16")


def forbidden_reason(url: str, allowed: Collection[str] = ()) -> str | None:
    """Why `url` may not be called, as a sentence for its author; None where it may.

    `allowed` holds `host` or `host:port` entries of the operator's, which also permit plain http and other ports.
    """
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return "It is not a complete URL, such as https://api.example.com/v1."
    if parts.scheme not in ("http", "https"):
        return "Only https URLs can be called."
    if parts.username is not None or parts.password is not None:
        return "A URL may not carry a user name or password."
    if parts.query or parts.fragment:
        return "A base URL has neither a query nor a fragment."
    if listed(url, allowed):
        return None
    if parts.scheme != "https":
        return "Only https URLs can be called."
    if (parts.port or 443) not in _PORTS:
        return "Only the ports 443 and 8443 can be called."
    return _forbidden_host(parts.hostname)


def forbidden_url(url: str, allowed: Collection[str] = ()) -> str | None:
    """Why `url` may not be called, as a sentence; None where it may. Unlike a base URL, it may carry a query."""
    if len(url) > _LONGEST:
        return f"A URL has at most {_LONGEST} characters."
    base, _, query = url.partition("?")
    if not query.isascii() or not query.isprintable() or set(query) & {" ", "#", "\\"}:
        return "It is not a complete URL, such as https://example.com/hook."
    return forbidden_reason(base, allowed)


def image_forbidden_reason(url: str) -> str | None:
    """Why a provider may not be told to fetch an image from `url`, as a sentence; None where it may."""
    if url[:5].lower() == "data:":
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode() if not url.isascii() else parts.hostname
    except ValueError:  # also where a name cannot be written in ASCII
        return "It is not a URL."
    if parts.scheme.lower() not in ("http", "https", "gs"):
        return "An image is a data: URL, or one that begins with https."
    return "It is not a complete URL." if not host else None if parts.scheme == "gs" else _forbidden_host(host)


def listed(url: str, allowed: Collection[str]) -> bool:
    """Whether the operator lists this URL's host, with this port or without any."""
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return False
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for entry in allowed:
        known = _parts(f"//{entry.strip()}")
        if known is not None and known.hostname == parts.hostname and known.port in (None, port):
            return True
    return False


def address_allowed(ip: str) -> bool:
    """Whether an address is public: not loopback, private, link-local, shared or multicast, nor a wrapped one."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address_allowed(str(address.ipv4_mapped))
        # Global unicast alone: elsewhere lie the embeddings of IPv4 addresses (::/96, 64:ff9b::/96) and all else.
        return address in _PUBLIC_V6 and address not in _SIX_TO_FOUR and address.is_global
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> SplitResult | None:
    if (
        not url.isascii()
        or not url.isprintable()
        or " " in url
        or "\\" in url
        or "%" in url.partition("//")[2].split("/")[0]
    ):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts


def _forbidden_host(host: str) -> str | None:
    # A name whose last part is a number is an address in disguise (127.1, 2130706433, 0x7f000001).
    if ":" in host or host.rpartition(".")[2][:1].isdecimal():
        return None if address_allowed(host) else "Only public addresses can be called."
    if _NAME.fullmatch(host) is None:
        return "Its host is not a valid name."
    if "." not in host or host.endswith(tuple(f".{name}" for name in _INWARD)):
        return "Only public addresses can be called."
    return None
