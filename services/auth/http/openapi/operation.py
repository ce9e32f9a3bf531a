"""What one route takes and answers, read off its handler.

A handler's signature names the struct of the body (`payload`), of the query string (`params`) and of the answer. Its decorator
says what a signature cannot: `needs`, the `Action` that the caller's role has to allow; `fails`, the statuses of errors that
do not follow from its form; `headers`, the parameters that it reads from headers, as OpenAPI writes them.
"""

import inspect
from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from services.auth.domain.permissions import Action, Public
from services.auth.http.dependencies import struct_of


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route; `answer` is None where there is no body, `str` where it is streamed text."""

    method: str
    docstring: str
    needs: Action | Public
    status: int
    answer: Any
    media_type: str
    body: type[msgspec.Struct] | None
    body_required: bool
    query: type[msgspec.Struct] | None
    fails: tuple[int, ...]
    headers: tuple[dict[str, Any], ...]

    @property
    def redirects(self) -> bool:
        """Whether it sends the browser elsewhere."""
        return self.status == 302


def operation_of(handler: HTTPRouteHandler) -> Operation:
    """What a handler's route takes and answers. `TypeError` where it answers with something that no struct describes."""
    (method,) = handler.http_methods
    takes = handler.parsed_fn_signature.parameters
    payload, params = takes.get("payload"), takes.get("params")
    media_type = handler.media_type or MediaType.JSON
    return Operation(
        method=str(method),
        docstring=inspect.cleandoc(handler.fn.__doc__ or ""),
        needs=handler.opt["needs"],
        status=handler.status_code,
        answer=_answer(handler),
        media_type=media_type.value if isinstance(media_type, MediaType) else media_type,
        body=None if payload is None else struct_of(payload),
        body_required=payload is not None and not payload.is_optional,
        query=None if params is None else struct_of(params),
        fails=tuple(handler.opt.get("fails", ())),
        headers=tuple(handler.opt.get("headers", ())),
    )


def _answer(handler: HTTPRouteHandler) -> Any:
    returned = handler.parsed_fn_signature.return_type
    if returned.is_subclass_of(Stream):
        return str
    if returned.is_subclass_of(Response):
        returned = returned.inner_types[0]
    answer = returned.annotation
    if answer is None or answer is type(None):
        return None
    if answer is bytes:  # an object that is kept encoded
        return dict[str, Any]
    if not returned.is_subclass_of(msgspec.Struct):
        raise TypeError(f"{handler.handler_name} answers with {answer}, which no struct describes")
    return answer
