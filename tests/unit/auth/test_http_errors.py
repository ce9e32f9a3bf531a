"""How problems are worded: the field apart from the sentence, and nothing of ours in a 500."""

from typing import Any

import msgspec
import pytest

from libs.common.errors import BadRequest, Conflict, RateLimited, Unauthorized, Unavailable
from services.auth.accounts.schemas import Register
from services.auth.http.errors import promptly_error, unexpected
from services.auth.http.request import validation_error
from services.auth.routing.schemas import RuleBody


@pytest.mark.parametrize(
    ("shape", "body", "field"),
    [
        (Register, b"{}", "org_name"),
        (Register, b'{"org_name": 1}', "org_name"),
        (Register, b"[]", ""),
        (RuleBody, b'{"name": "n", "x": 1}', "x"),
        (RuleBody, b'{"condition_value": []}', "condition_value"),
    ],
)
def test_the_field_is_taken_out_of_the_sentence(shape: type[msgspec.Struct], body: bytes, field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as problem:
        msgspec.json.decode(body, type=shape)
    error = validation_error(str(problem.value))
    (blamed,) = error.details.errors
    assert blamed.field == field
    assert "$" not in error.message
    assert error.message.startswith(field)
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("error", "status", "headers", "errors"),
    [
        (BadRequest("b", param="p"), 400, {}, [{"field": "p", "message": "b"}]),
        (BadRequest("b"), 400, {}, None),
        (Unauthorized("u"), 401, {"www-authenticate": "Bearer"}, None),
        (Conflict("c", should_retry=False), 409, {"x-should-retry": "false"}, None),
        (RateLimited("r", retry_after=7), 429, {"retry-after": "7"}, None),
        (Unavailable("u"), 503, {"retry-after": "1"}, None),
    ],
)
def test_errors_have_one_shape(error: Any, status: int, headers: dict[str, str], errors: Any) -> None:
    response = promptly_error(None, error)  # type: ignore[arg-type]  # the request is not looked at
    assert (response.status_code, dict(response.headers)) == (status, headers)
    expected = {"detail": error.message} | ({"errors": errors} if errors else {})
    assert msgspec.json.decode(msgspec.json.encode(response.content)) == expected


def test_a_mistake_of_ours_tells_nobody_what_it_was_about() -> None:
    response = unexpected(None, RuntimeError("SELECT secret FROM auth.users"))  # type: ignore[arg-type]  # as above
    assert response.status_code == 500
    assert msgspec.to_builtins(response.content) == {"detail": "Something went wrong on our side."}
