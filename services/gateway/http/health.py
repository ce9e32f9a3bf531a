"""/healthz, /readyz and /metrics on the gateway's own port, as on every service's ops port."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from libs.common.ops import readiness
from libs.common.runner import App


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "alive"}


@get("/readyz", sync_to_thread=False)
def readyz(state: State) -> Response[dict[str, Any]]:
    """Whether requests can be served, and what they would go without."""
    app: App = state.app
    status, body = readiness(app.missing(), app.degraded(), state.draining())
    return Response(body, status_code=status)


@get("/metrics", sync_to_thread=False)
def metrics() -> Response[bytes]:
    """Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
