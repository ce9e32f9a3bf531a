"""The small port of every process: /healthz, /readyz and /metrics.

It runs in a thread of its own, so that it answers while the event loop is busy, and it only looks at state.
"""

import hmac
import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Names = Callable[[], Sequence[str]]


def readiness(missing: Sequence[str], degraded: Sequence[str], draining: bool) -> tuple[int, dict[str, Any]]:
    """Status and body of /readyz."""
    if draining:
        return 503, {"status": "draining"}
    if missing:
        return 503, {"status": "unready", "missing": list(missing)}
    return 200, {"status": "degraded" if degraded else "ready", "degraded": list(degraded)}


class OpsServer:
    """Serves the three paths between `__enter__` and `__exit__`; `port` is the one it really got.

    With a `token`, /metrics wants it: `Authorization: Bearer <token>`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        missing: Names,
        degraded: Names,
        draining: Callable[[], bool],
        token: str | None = None,
    ) -> None:
        wanted = None if token is None else f"Bearer {token}".encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                match self.path:
                    case "/healthz":
                        self._send(200, "application/json", b'{"status":"alive"}')
                    case "/readyz":
                        status, body = readiness(missing(), degraded(), draining())
                        self._send(status, "application/json", json.dumps(body).encode())
                    case "/metrics" if not self._may():
                        self._send(
                            401, "application/json", b'{"detail":"/metrics needs the bearer token of this service."}'
                        )
                    case "/metrics":
                        self._send(200, CONTENT_TYPE_LATEST, generate_latest())
                    case _:
                        self._send(404, "application/json", b'{"detail":"Only /healthz, /readyz and /metrics."}')

            def _may(self) -> bool:
                given = self.headers.get("Authorization", "").encode("latin-1", "replace")
                return wanted is None or hmac.compare_digest(given, wanted)

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Probes are not worth a line."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops", daemon=True)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "OpsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
