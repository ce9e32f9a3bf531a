"""What the pipeline serves, as an HTTP answer."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from litestar.datastructures import State
from litestar.types import ASGIApp

from libs.common.errors import Unavailable
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, cancel_on_disconnect, rate_headers
from services.gateway.http.streaming import StreamingAnswer, WholeAnswer
from services.gateway.pipeline import response as pipeline_response
from services.gateway.pipeline.admission import RateLimitCallback

_STOPPING: Final = Unavailable("This gateway is being stopped. Send the request again.")


async def respond(
    request: V1Request,
    state: State,
    serve: Callable[[RateLimitCallback], Coroutine[Any, Any, pipeline_response.Response]],
    id_headers: Sequence[str] = (),
) -> ASGIApp:
    """What `serve` gives. `id_headers` are those in which the request's id stands, where the provider's does not."""
    own = request_scope(request.scope)
    answer = await cancel_on_disconnect(request, serve(lambda verdict: rate_headers(own, verdict)))
    own.headers["x-promptly-cache"] = answer.cache
    own.headers["x-promptly-model"] = answer.model
    if answer.arm is not None:
        own.headers["x-promptly-arm"] = answer.arm
    # What has no metadata in its body says it here: an answer in the provider's own bytes, or a stream.
    for name, parts in (("x-promptly-dropped", answer.dropped), ("x-promptly-degraded", answer.degraded)):
        if id_headers and parts:
            own.headers[name] = ", ".join(parts)
    for name, value in answer.headers.items():
        own.headers.setdefault(name, value)
    for name in id_headers:
        own.headers.setdefault(name, own.request_id)
    if answer.chunks is None:
        return WholeAnswer(answer.body, answer.status, answer.media_type)
    return StreamingAnswer(
        answer.chunks,
        ((b"content-type", answer.media_type.encode()), (b"cache-control", b"no-cache")),
        keep_alive=state.keep_alive,
        keep_alive_bytes=answer.keep_alive,
        cut=state.cut,
        last=lambda: answer.error(_STOPPING),
    )
