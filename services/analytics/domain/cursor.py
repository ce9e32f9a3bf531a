"""Where a page of the request log goes on: after the last entry of the page before, by its id."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from libs.common.errors import BadRequest
from libs.common.ids import is_id


def encode(request_id: str) -> str:
    """A cursor for the page after this entry."""
    return urlsafe_b64encode(request_id.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """The id of the last entry seen. `BadRequest` for anything that `encode` did not make."""
    try:
        request_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        request_id = ""
    if not is_id(request_id, "req"):
        raise BadRequest("The cursor is not one that this list gave out.", param="cursor")
    return request_id
