"""The OpenAPI document, derived from the handlers: their signatures, their docstrings and the options of their routes."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from libs.common.version import VERSION
from services.auth.domain.permissions import ALLOWED, PUBLIC, SCOPED
from services.auth.http.errors import Error
from services.auth.http.openapi.examples import STREAM, example_of
from services.auth.http.openapi.failures import FAILURES, Failure
from services.auth.http.openapi.operation import Operation, operation_of

_REF: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"{(\w+)}")
_SOURCE: Final = {"type": "string", "enum": ["github", "google", "oidc"]}
_ABOUT: Final = """\
What the dashboard does, and whatever else manages an organization. Sign in at `/api/auth/login`, and send the token as
`Authorization: Bearer <token>`; every answer is about the token's organization alone. Programs send a key for the control plane
instead, which an admin makes at `/api/keys/control`: it may read, and change what its scopes name.

Errors are `{"detail": "<a sentence>"}`, with `errors: [{field, message}]` where fields are to blame. An address that is not
listed answers 404, another method 405.
"""


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """All of the API that `routes` serve."""
    found = [(route.path_format, operation_of(handler)) for route, handler in served(routes)]
    paths: dict[str, dict[str, Any]] = {}
    for path, operation in found:
        paths.setdefault(path, {})[operation.method.lower()] = _described(path, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Promptly: control plane",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({_tag(path) for path in paths})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The `token` of a registration or a login, which lasts twelve hours, or a key for the control plane "
                    "(`POST /api/keys/control`).",
                }
            },
            "responses": {failure.name: _failure(status, failure) for status, failure in FAILURES.items()},
            "schemas": _components(operation for _, operation in found),
        },
    }


def served(routes: Iterable[BaseRoute]) -> Iterator[tuple[HTTPRoute, HTTPRouteHandler]]:
    """The routes that were written down: the framework answers OPTIONS by itself."""
    for route in routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if "OPTIONS" not in handler.http_methods:
                    yield route, handler


def _described(path: str, operation: Operation) -> dict[str, Any]:
    summary, needs = operation.docstring.split("\n\n", 1)[0], operation.needs
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{operation.method.lower()}_{path.removeprefix('/api/')}").strip("_"),
        "tags": [_tag(path)],
        "summary": " ".join(summary.split()),
        "security": [] if needs is PUBLIC else [{"token": []}],
        "parameters": [*_path_parameters(path), *_query_parameters(operation), *operation.headers],
    }
    if needs is not PUBLIC:
        roles = [role for role, allowed in ALLOWED.items() if needs in allowed]
        scopes = [scope for scope, allowed in SCOPED.items() if needs in allowed]
        found["description"] = f"Roles: {', '.join(roles)}. Scopes of keys: {', '.join(scopes) or 'none'}."
    if operation.body is not None:
        content = _content(operation.body, "application/json", sent=True)
        found["requestBody"] = {"required": operation.body_required, "content": content}
    found["responses"] = {str(operation.status): _success(operation)} | {
        str(status): {"$ref": f"#/components/responses/{FAILURES[status].name}"}
        for status in sorted(_fails(path, operation))
    }
    return found


def _fails(path: str, operation: Operation) -> set[int]:
    """How the route may fail: as its decorator says, and as follows from its signature and from the guard."""
    found = set(operation.fails)
    if operation.body is not None:
        found |= {400, 413}
    if operation.query is not None:
        found.add(400)
    if "{" in path:
        found.add(404)
    if operation.needs is not PUBLIC:
        found |= {401, 403, 503}
    return found


def _success(operation: Operation) -> dict[str, Any]:
    if operation.redirects:
        where = {"description": "Where the browser goes on.", "schema": {"type": "string"}}
        return {"description": "On to the next page.", "headers": {"Location": where}}
    if operation.answer is None:
        return {"description": "Done."}
    return {"description": "The answer.", "content": _content(operation.answer, operation.media_type)}


def _failure(status: int, failure: Failure) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": failure.when,
        "content": {
            "application/json": {"schema": {"$ref": _REF.format(name="Error")}, "example": failure.example},
        },
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
        found["headers"] = {"Retry-After": seconds}
    return found


def _content(shape: Any, media_type: str, *, sent: bool = False) -> dict[str, Any]:
    if media_type == "text/event-stream":
        # A schema would be one of the whole stream, or to some readers of each event; OpenAPI 3.1 does not say.
        return {media_type: {"example": STREAM}}
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_REF)
    found: dict[str, Any] = {"schema": schema}
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        # The page does not show a plain `example`.
        found["examples"] = {"example": {"value": example_of(shape, sent=sent)}}
    return {media_type: found}


def _components(operations: Iterable[Operation]) -> dict[str, Any]:
    shapes = [shape for one in operations for shape in (one.body, one.answer) if shape is not None]
    return {
        name: _amounts_as_numbers(schema)
        for name, schema in sorted(msgspec.json.schema_components([*shapes, Error], ref_template=_REF)[1].items())
    }


def _amounts_as_numbers(schema: Any) -> Any:
    """Decimals are read from a number's digits too, and that is how amounts are written here."""
    if schema == {"type": "string", "format": "decimal"}:
        return {"type": "number"}
    if isinstance(schema, dict):
        return {name: _amounts_as_numbers(inner) for name, inner in schema.items()}
    return [_amounts_as_numbers(inner) for inner in schema] if isinstance(schema, list) else schema


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _SOURCE if name == "source" else {"type": "string", "pattern": "^[a-z]{2,6}_[0-9a-f]{32}$"},
        }
        for name in _VARIABLE.findall(path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    """None means that a parameter was left out, which a query string cannot express."""
    if operation.query is None:
        return []
    schema = msgspec.json.schema_components([operation.query], ref_template=_REF)[1][operation.query.__name__]
    return [{"name": name, "in": "query", "schema": _written(one)} for name, one in schema["properties"].items()]


def _written(schema: dict[str, Any]) -> dict[str, Any]:
    found = next((one for one in schema.get("anyOf", ()) if one != {"type": "null"}), schema)
    return {name: value for name, value in found.items() if (name, value) != ("default", None)}


def _tag(path: str) -> str:
    return path.split("/")[2].removesuffix(".json")
