"""What the pipeline returns to HTTP."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Literal

import msgspec

from libs.common.contracts.events import Arm
from libs.common.errors import PromptlyError
from services.gateway.domain.request import Request
from services.gateway.endpoints.base import Endpoint
from services.gateway.pipeline.admission import ConcurrencyPermit


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: `body` whole, or in `chunks`, whose closing before their end is a client that left. `cache` and `model` are
    what the client's headers say. Of a stream, `error` makes the bytes that end it with an error, and `keep_alive` those for a
    silence. `headers` are the provider's, of an answer that is its own; `dropped` names fields that it was not given,
    `degraded` services that were skipped; `arm` is the conversation's side of the experiment; `status` is HTTP's.
    """

    cache: Literal["hit", "miss", "off"]
    model: str
    media_type: str
    error: Callable[[PromptlyError], bytes]
    body: bytes = b""
    chunks: AsyncGenerator[bytes, None] | None = None
    keep_alive: Callable[[], bytes] = bytes
    headers: Mapping[str, str] = {}
    dropped: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    arm: Arm | None = None
    status: int = 200


def cached(endpoint: Endpoint, request: Request, model: str, body: bytes) -> Response:
    """A cached answer, which is a stream of one piece to a client that wants a stream."""
    streams = request.envelope.stream
    return Response(
        cache="hit",
        model=model,
        media_type=endpoint.media_type(request.envelope),
        error=lambda error: endpoint.stream_error(error, request.id),
        body=b"" if streams else body,
        chunks=_once(body) if streams else None,
        arm=request.arm,
    )


async def release_after(permit: ConcurrencyPermit, response: Response) -> Response:
    """The same response; a stream gives the permit back when it ends."""
    if response.chunks is None:
        return response
    return msgspec.structs.replace(response, chunks=await permit.release_after(response.chunks))


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
