"""Strict decoding of requests: a body or a query string that does not fit its struct is a 400 that names the field."""

import re
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request

from libs.common.errors import BadRequest, FieldError, NotFound
from libs.common.ids import is_id

B = TypeVar("B", bound=msgspec.Struct)

_AT: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_NAMED: Final = re.compile(r"(?:required|unknown) field `([^`]*)`")


async def decode_body(request: Request[Any, Any, Any], shape: type[B]) -> B:
    """The body as `shape`, whatever its media type says. The application limits its size."""
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.ValidationError as error:
        raise validation_error(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None


def decode_query(request: Request[Any, Any, Any], shape: type[B]) -> B:
    """The query string as `shape`."""
    try:
        return msgspec.convert(dict(request.query_params), shape, strict=False)
    except msgspec.ValidationError as error:
        raise validation_error(str(error)) from None


def an_id(value: str, prefix: str) -> str:
    """An id out of a path; one that cannot be ours is a 404 before anything is called."""
    if not is_id(value, prefix):
        raise NotFound("There is no such thing in your organization.")
    return value


def validation_error(problem: str) -> BadRequest:
    """The error for a problem as msgspec words it, with its field taken out of the text."""
    at, named = _AT.search(problem), _NAMED.search(problem)
    field = at.group(1) if at else ""
    if named:
        field = f"{field}.{named.group(1)}" if field else named.group(1)
    message = _AT.sub("", problem)
    return BadRequest(
        f"{field}: {message}." if field else f"{message}.",
        errors=(FieldError(field, message),),
    )
