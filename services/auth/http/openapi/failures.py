"""How a request to the dashboard's API may fail: one entry per status, with an example of its body."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A status: its name among the document's components, when it comes, and a body."""

    name: str
    when: str
    example: Mapping[str, Any]


def _says(name: str, when: str, detail: str) -> Failure:
    return Failure(name=name, when=when, example={"detail": detail})


FAILURES: Final[Mapping[int, Failure]] = {
    400: Failure(
        name="BadRequest",
        when="Body or query cannot be used; `errors` names the field.",
        example={
            "detail": "name: Expected `str`, got `int`.",
            "errors": [{"field": "name", "message": "Expected `str`, got `int`"}],
        },
    ),
    401: _says(
        "Unauthorized",
        "Nobody is signed in, or no longer.",
        "You are not signed in, or no longer; sign in again.",
    ),
    403: _says(
        "Forbidden",
        "The role, or a setting of this installation, does not allow it.",
        "Your role (viewer) may not change settings and routing, or clear the cache; ask an admin of your organization.",
    ),
    404: _says("NotFound", "No such thing in this organization.", "There is no such thing in your organization."),
    409: _says("Conflict", "What is there stands in the way.", "This e-mail address is already registered."),
    413: _says("PayloadTooLarge", "The body is larger than 1 MiB.", "The body is too large."),
    429: _says("TooManyRequests", "Too many tries.", "Too many tries; try again in 60 seconds."),
    502: _says(
        "UpstreamFailed",
        "Whoever was to confirm the sign-in did not.",
        "GitHub cannot be reached right now; try again in a moment.",
    ),
    503: _says(
        "Unavailable",
        "A part that has the answer, or guards it, is away.",
        "The part that answers this is away right now; try again in a moment.",
    ),
}
