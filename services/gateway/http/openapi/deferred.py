"""The part of the document about requests that wait for a batch."""

from typing import Any, Final

import msgspec

from services.gateway.domain.deferred import DeferredStatus, DeferredView, view
from services.gateway.http.openapi.client_formats import PASSED_ERROR

_EXAMPLE: Final = view(
    DeferredStatus(
        id="req_0198f0a1c2d37e4f8a9b0c1d2e3f4a5b",
        surface="chat",
        state="queued",
        created_ms=1_790_000_000_000,
        deadline_ms=1_790_086_400_000,
    )
)
_ID: Final = {
    "name": "request_id",
    "in": "path",
    "required": True,
    "description": "The id in the answer with status 202.",
    "schema": {"type": "string"},
    "example": _EXAMPLE.id,
}


def accepted() -> dict[str, Any]:
    """The answer that names a status address."""
    return {
        "description": "It waits for a batch of its provider's, because the client said that it can; the answer will be at "
        "`status_url`, which `location` names, too.",
        "headers": {
            "location": {"description": "Where the answer will be.", "schema": {"type": "string"}},
            "retry-after": {"$ref": "#/components/headers/RetryAfter"},
        },
        "content": {"application/json": _shown()},
    }


def paths() -> dict[str, dict[str, Any]]:
    """What stands under `paths`."""
    return {
        "/v1/deferred/{request_id}": {
            "get": {
                "operationId": "get_deferred",
                "tags": ["deferred"],
                "summary": "The answer to a request that waited.",
                "description": "What its endpoint would have answered, with its status, in the client's format; 202 as long as there "
                "is none, 410 where it was cancelled or is kept no longer.",
                "parameters": [_ID],
                "responses": {
                    "200": {
                        "description": "The answer, in the format of the API that was called.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    "202": {
                        "description": "There is no answer yet.",
                        "headers": {"retry-after": {"$ref": "#/components/headers/RetryAfter"}},
                        "content": {"application/json": _shown()},
                    },
                    "default": PASSED_ERROR,
                },
            },
            "delete": {
                "operationId": "cancel_deferred",
                "tags": ["deferred"],
                "summary": "Cancel a request that waits, or remove its answer.",
                "description": "What its provider has begun is billed all the same.",
                "parameters": [_ID],
                "responses": {
                    "200": {"description": "It is done.", "content": {"application/json": _shown()}},
                    "default": PASSED_ERROR,
                },
            },
        }
    }


def _shown() -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Deferred"}
    return {"schema": schema, "example": msgspec.to_builtins(_EXAMPLE)}


def schema() -> dict[str, Any]:
    """The schema of a status."""
    (found,) = msgspec.json.schema_components([DeferredView])[1].values()
    return {**found, "title": "Deferred", "required": sorted(found["properties"])}
