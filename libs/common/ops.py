"""The small port of every process: /healthz, /readyz and /metrics.

It runs in a thread of its own, so that it answers while the event loop is busy, and it only looks at state.
"""

import hmac
import json
import sys
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from libs.common.settings import SettingsError

log = structlog.get_logger()
_PEER_SECONDS = 10.0
_MOST = 32  # connections at a time
Names = Callable[[], Sequence[str]]


def readiness(missing: Sequence[str], degraded: Sequence[str], draining: bool) -> tuple[int, dict[str, Any]]:
    """Status and body of /readyz."""
    if draining:
        return 503, {"status": "draining"}
    if missing:
        return 503, {"status": "unready", "missing": list(missing)}
    return 200, {"status": "degraded" if degraded else "ready", "degraded": list(degraded)}


class _Server(ThreadingHTTPServer):
    """A thread per connection, some at a time; what goes wrong in one is a line in the log, without its text."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._room = threading.BoundedSemaphore(_MOST)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.warning("ops_request_failed", error_type=type(sys.exception()).__name__)


class OpsServer:
    """Serves the three paths between `__enter__` and `__exit__`; `port` is the one it really got.

    `SettingsError` where the port is not to be had.

    With a `token`, /metrics wants it: `Authorization: Bearer <token>`. `metrics` makes what it answers, in Prometheus's format.
    """

    def __init__(
        self,
        host: str,
        port: int,
        missing: Names,
        degraded: Names,
        draining: Callable[[], bool],
        token: str | None = None,
        metrics: Callable[[], bytes] = generate_latest,
    ) -> None:
        wanted = None if token is None else f"Bearer {token}".encode()

        class Handler(BaseHTTPRequestHandler):
            timeout = _PEER_SECONDS

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
                        self._send(200, CONTENT_TYPE_LATEST, metrics())
                    case _:
                        self._send(404, "application/json", b'{"detail":"Only /healthz, /readyz and /metrics."}')

            def _may(self) -> bool:
                given = self.headers.get("Authorization", "").encode("latin-1", "replace")
                return wanted is None or hmac.compare_digest(given, wanted)

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Probes are not worth a line."""

        try:
            self._server = _Server((host, port), Handler)
        except OSError as error:
            raise SettingsError(
                f"PROMPTLY_OPS_PORT: port {port} of {host} cannot be listened on ({error.strerror})."
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops", daemon=True)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "OpsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
