"""/healthz and /readyz on the gateway's own port, as on every service's ops port; /metrics is on that one alone."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import State

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
