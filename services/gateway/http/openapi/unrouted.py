"""The part of the document about calls that no router chooses a model for: embeddings, and what is passed through."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.domain import passthrough
from services.gateway.domain.embeddings import MAX_INPUTS
from services.gateway.http.openapi.client_formats import PASSED_ERROR
from services.gateway.http.openapi.failures import FAILURES

_FAILS: Final = (
    *("BadRequest", "Unauthorized", "BudgetUsedUp", "Forbidden", "ModelNotFound", "BodyTimeout", "PayloadTooLarge"),
    *("UnsupportedEncoding", "RateLimited", "Unavailable"),
)
_SUMMARIES: Final[Mapping[str, str]] = {
    "moderations": "Classify texts and pictures",
    "images": "Make or change pictures",
    "audio": "Transcribe, translate or speak",
    "files": "Files of the organization",
    "uploads": "Large files, in parts",
    "batches": "Batches of requests, charged once they are over",
}
_INPUT: Final = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": MAX_INPUTS},
        {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            "minItems": 1,
            "maxItems": MAX_INPUTS,
        },
    ]
}
_REQUEST: Final = {
    "type": "object",
    "required": ["model", "input"],
    "properties": {
        "model": {"type": "string"},
        "input": _INPUT,
        "dimensions": {"type": "integer", "minimum": 1},
        "encoding_format": {"enum": ["float", "base64"]},
        "user": {"type": "string"},
    },
}
_ROW: Final = {
    "type": "object",
    "required": ["object", "index", "embedding"],
    "properties": {
        "object": {"const": "embedding"},
        "index": {"type": "integer"},
        "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string"}]},
    },
}
_ANSWER: Final = {
    "type": "object",
    "required": ["object", "data", "model", "usage"],
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": _ROW},
        "model": {"type": "string"},
        "usage": {
            "type": "object",
            "required": ["prompt_tokens", "total_tokens"],
            "properties": {"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}},
        },
    },
}


def paths() -> dict[str, dict[str, Any]]:
    """What stands under `paths`."""
    found: dict[str, dict[str, Any]] = {"/v1/embeddings": {"post": _embeddings()}}
    for operation in passthrough.OPERATIONS:
        path = operation.path.replace("{id}", "{object_id}")
        found.setdefault(path, {})[operation.method.lower()] = _passed(operation, path)
    return found


def _embeddings() -> dict[str, Any]:
    model = "text-embedding-3-small"
    answer = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.0023, -0.0093]}],
        "model": model,
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }
    return {
        "operationId": "create_embeddings",
        "tags": ["embeddings"],
        "summary": "Make vectors of texts.",
        "description": "Each input is cached for 30 days; only those that are not there go to the provider, and only they are "
        "charged. The usage is that of all inputs. A model is never replaced by another.",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in ("Cache", "CacheScope", "Tags")],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _REQUEST,
                    "examples": {"texts": {"value": {"model": model, "input": ["Hello!", "Goodbye!"]}}},
                }
            },
        },
        "responses": {
            "200": {
                "description": "One vector for each input: numbers, or base64 of little-endian 32-bit floats.",
                "content": {"application/json": {"schema": _ANSWER, "example": answer}},
            },
            **_failures(),
        },
    }


def _passed(operation: passthrough.Operation, path: str) -> dict[str, Any]:
    name = "_".join(part.strip("{}") for part in path.split("/")[2:])
    found: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}_{name}",
        "tags": [operation.name],
        "summary": f"{_SUMMARIES[operation.name]}; passed through as it is.",
        "description": "See OpenAI's reference for body and answer. Served where a key of OpenAI is connected; recorded with "
        "what it cost where that is known.",
        "responses": {"200": {"description": "The provider's answer."}, "default": PASSED_ERROR},
    }
    if operation.path.count("{id}"):
        parameter = {
            "name": "object_id",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": "file-1",
        }
        found["parameters"] = [parameter]
    if operation.model == "json":
        found["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    elif operation.limit > passthrough.Operation(method="", path="").limit:
        found["requestBody"] = {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}
    return found


def _failures() -> dict[str, dict[str, str]]:
    return {str(FAILURES[name].error.status): {"$ref": f"#/components/responses/{name}"} for name in _FAILS}
