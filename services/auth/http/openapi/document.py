"""The OpenAPI document, put together from the routes, their shapes and the table of what they do not say themselves."""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from libs.common.version import VERSION
from services.auth.domain.permissions import ALLOWED, Action
from services.auth.http.openapi.examples import EXAMPLES, STREAM
from services.auth.http.openapi.failures import FAILURES, Error, Failure
from services.auth.http.openapi.operations import OPERATIONS, Operation

_REF: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"{(\w+)}")
_SOURCE: Final = {"type": "string", "enum": ["github", "google"]}
_ABOUT: Final = """\
What the dashboard does, and whatever else manages an organisation. Sign in at `/api/auth/login`, and send the token as
`Authorization: Bearer <token>`; every answer is about the token's organisation alone.

Errors are `{"detail": "<a sentence>"}`, with `errors: [{field, message}]` where fields are to blame. An address that is not
listed answers 404, another method 405.
"""


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """All of the API that `routes` serve. Raises `KeyError` for one of which nothing is written down."""
    found = [(route.path_format, handler) for route, handler in served(routes)]
    paths: dict[str, dict[str, Any]] = {}
    for path, handler in found:
        method = _method(handler)
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, handler, OPERATIONS[method, path])
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
                    "description": "The `token` of a registration or a login; it lasts twelve hours.",
                }
            },
            "responses": {failure.name: _failure(status, failure) for status, failure in FAILURES.items()},
            "schemas": _components(),
        },
    }


def served(routes: Iterable[BaseRoute]) -> Iterator[tuple[HTTPRoute, HTTPRouteHandler]]:
    """The routes that were written down: the framework answers OPTIONS by itself."""
    for route in routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if "OPTIONS" not in handler.http_methods:
                    yield route, handler


def _operation(method: str, path: str, handler: HTTPRouteHandler, told: Operation) -> dict[str, Any]:
    needs: Action = handler.opt["needs"]
    words = inspect.cleandoc(handler.fn.__doc__ or "").split("\n\n", 1)
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}_{path.removeprefix('/api/')}").strip("_"),
        "tags": [_tag(path)],
        "summary": " ".join(words[0].split()),
        "security": [] if needs is Action.PUBLIC else [{"token": []}],
        "parameters": [*_path_parameters(path), *_query_parameters(told), *told.headers],
    }
    if needs is not Action.PUBLIC:
        roles = [role for role, allowed in ALLOWED.items() if needs in allowed]
        found["description"] = f"Roles: {', '.join(roles)}."
    if told.body is not None:
        found["requestBody"] = {"required": told.body_required, "content": _content(told.body, "application/json")}
    status = 302 if told.redirects else handler.status_code
    found["responses"] = {str(status): _success(told)} | {
        str(status): {"$ref": f"#/components/responses/{FAILURES[status].name}"}
        for status in sorted(_fails(path, needs, told))
    }
    return found


def _fails(path: str, needs: Action, told: Operation) -> set[int]:
    """How the route may fail, as far as its form and its place behind the guard say it."""
    found = set(told.fails)
    if told.body is not None:
        found |= {400, 413}
    if told.query is not None:
        found.add(400)
    if "{" in path:
        found.add(404)
    if needs is not Action.PUBLIC:
        found |= {401, 503} if needs is Action.READ else {401, 403, 503}
    return found


def _success(told: Operation) -> dict[str, Any]:
    if told.redirects:
        where = {"description": "Where the browser goes on.", "schema": {"type": "string"}}
        return {"description": "On to the next page.", "headers": {"Location": where}}
    if told.answer is None:
        return {"description": "Done."}
    return {"description": "The answer.", "content": _content(told.answer, told.media_type)}


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


def _content(shape: Any, media_type: str) -> dict[str, Any]:
    if media_type == "text/event-stream":
        # A schema would be one of the whole stream, or to some readers of each event; OpenAPI 3.1 does not say.
        return {media_type: {"example": STREAM}}
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_REF)
    found: dict[str, Any] = {"schema": schema}
    if (example := EXAMPLES.get(getattr(shape, "__name__", ""))) is not None:
        found["examples"] = {"example": {"value": example}}  # of a plain `example` the page takes no notice
    return {media_type: found}


def _components() -> dict[str, Any]:
    shapes = [shape for told in OPERATIONS.values() for shape in (told.body, told.answer) if shape is not None]
    return {
        name: _amounts_as_numbers(schema)
        for name, schema in msgspec.json.schema_components([*shapes, Error], ref_template=_REF)[1].items()
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


def _query_parameters(told: Operation) -> list[dict[str, Any]]:
    """None says that a parameter was left out, which in a query string nobody can write."""
    if told.query is None:
        return []
    schema = msgspec.json.schema_components([told.query], ref_template=_REF)[1][told.query.__name__]
    return [{"name": name, "in": "query", "schema": _written(one)} for name, one in schema["properties"].items()]


def _written(schema: dict[str, Any]) -> dict[str, Any]:
    found = next((one for one in schema.get("anyOf", ()) if one != {"type": "null"}), schema)
    return {name: value for name, value in found.items() if (name, value) != ("default", None)}


def _tag(path: str) -> str:
    return path.split("/")[2].removesuffix(".json")


def _method(handler: HTTPRouteHandler) -> str:
    (method,) = handler.http_methods
    return str(method)
