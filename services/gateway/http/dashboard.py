"""The dashboard at `/`: files that `make dashboard` built, read once; without them a page that says how to get them.

What is served is looked up among the files found at the start, so no address leads to any other.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

# The component library writes styles into the page; nobody else's script runs, and nothing is sent elsewhere.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"
_OURS: Final = frozenset({"v1", "api", "docs", "healthz", "readyz", "metrics"})
_MISSING: Final = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Promptly</title>
<body style="font: 16px/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem">
<h1>Promptly is running</h1>
<p>The dashboard has not been built. Run <code>make dashboard</code> and start Promptly again; it needs Node 22 or newer, and
brings its own where there is none.</p>
<p>Everything else works without it: the API is at <code>/v1</code>, and <a href="/docs">/docs</a> describes it.</p>
"""


@dataclass(frozen=True)
class _File:
    """One file as it goes out; `packed` where that is smaller."""

    body: bytes
    packed: bytes | None
    media_type: str
    cache: bytes


def dashboard(app: ASGIApp, directory: str) -> ASGIApp:
    """Wrap the application: what is the dashboard's is answered here, all else passed on."""
    files = _read(Path(directory)) if directory else {}
    index = files.get("/index.html") or _File(_MISSING, None, "text/html; charset=utf-8", b"no-store")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] in ("GET", "HEAD"):
            found = files.get(scope["path"]) or (index if _is_page(scope) else None)
            if found is not None:
                await _answer(found, scope, send)
                return
        await app(scope, receive, send)

    return serve


def _read(directory: Path) -> dict[str, _File]:
    found = {}
    for path in sorted(directory.rglob("*")) if (directory / "index.html").is_file() else ():
        if path.is_file() and not path.is_symlink():
            address = f"/{path.relative_to(directory).as_posix()}"
            media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            text = media_type.startswith("text/") or media_type.endswith(("javascript", "json", "svg+xml"))
            body = path.read_bytes()
            packed = gzip.compress(body, mtime=0) if text else body
            found[address] = _File(
                body=body,
                packed=packed if len(packed) < len(body) else None,
                media_type=f"{media_type}; charset=utf-8" if text else media_type,
                # The builder writes a hash of the content into the names of these.
                cache=_IMMUTABLE if address.startswith("/assets/") else b"no-cache",
            )
    return found


def _is_page(scope: HTTPScope) -> bool:
    """`/`, and whatever else a browser navigates to: the dashboard's own router knows its pages."""
    path = scope["path"]
    if path == "/":
        return True
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"text/html" in accepted and path.split("/")[1] not in _OURS and "." not in path


async def _answer(file: _File, scope: HTTPScope, send: Send) -> None:
    encodings = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
    packed = file.packed if b"gzip" in encodings else None
    body = file.body if packed is None else packed
    headers = [
        (b"content-type", file.media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", file.cache),
        (b"vary", b"accept-encoding, accept"),
        *_HEADERS,
        *([(b"content-encoding", b"gzip")] if packed is not None else ()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})
