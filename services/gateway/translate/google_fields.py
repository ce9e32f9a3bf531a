"""Reads the fields of a client's request that a dialect has to understand."""

from typing import Any

from libs.common.contracts.base import DECODE_ERRORS, decoder
from libs.common.errors import BadRequest


def read(kind: Any, data: bytes, name: str = "") -> Any:
    """A JSON value as a type. `BadRequest` names the place where it is something else, `name` being that of the root."""
    try:
        return decoder(kind).decode(data)
    except DECODE_ERRORS as error:
        what, _, path = str(error).partition(" - at `$")
        field = (name + path.rstrip("`")).strip(".") or "body"
        raise unusable(field, f"cannot be sent to this model: {what}.") from None


def unusable(field: str, why: str) -> BadRequest:
    """The error about a field; `why` goes on where the field's name leaves off."""
    return BadRequest(f"`{field}` {why}", param=field)
