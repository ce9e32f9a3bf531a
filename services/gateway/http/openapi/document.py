"""The document, put together of two parts: OpenAI's shapes, which `openai.json` describes by hand, and the gateway's own, which
are derived from the structs that its routes decode and answer.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from services.gateway.domain.models import Model, ModelList
from services.gateway.http.openapi import client_formats, deferred
from services.gateway.http.openapi.failures import FAILURES, OPTIMIZE_FAILURES, responses
from services.gateway.http.openapi.unrouted import paths
from services.gateway.pipeline.feedback import FeedbackAnswer, FeedbackBody
from services.gateway.translate import optimizing

_OPENAI: Final = Path(__file__).parent / "openai.json"
_REF: Final = "#/components/schemas/{name}"
_PARAMETERS: Final = "#/components/parameters/"
# Names of the document where they are others than the structs'.
_NAMES: Final[Mapping[type[msgspec.Struct], str]] = {
    optimizing.OptimizeBody: "OptimizeRequest",
    FeedbackBody: "FeedbackRequest",
}
_REQUEST_ID: Final = "req_0198f0a1c2d37e4f8a9b0c1d2e3f4a5b"
_PROMPT: Final = "Write a detailed Python function that calculates factorial using recursion"
_MODEL: Final = Model(
    id="gpt-4o",
    display_name="gpt-4o",
    created=1_785_542_400,
    created_at="2026-08-01T00:00:00Z",
    max_input_tokens=128_000,
    max_tokens=16_384,
    owned_by="openai",
)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route of the gateway's own. Body and answer are examples: instances of the structs that the route decodes and encodes.
    `fails` are names of `failures`.
    """

    id: str
    tag: str
    summary: str
    description: str | None = None
    parameters: tuple[dict[str, Any], ...] = ()
    body: msgspec.Struct | None = None
    answer: msgspec.Struct
    answer_is: str
    fails: tuple[str, ...]


_NO_BODY: Final = ("Unauthorized", "RateLimited", "Unavailable")
_WITH_BODY: Final = ("BodyTimeout", "PayloadTooLarge", "UnsupportedEncoding")
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("get", "/v1/models"): Operation(
        id="list_models",
        tag="models",
        summary="The models that the organization's provider keys reach, aliases included.",
        answer=ModelList(data=(_MODEL,)),
        answer_is="OpenAI's list format.",
        fails=_NO_BODY,
    ),
    ("get", "/v1/models/{model}"): Operation(
        id="get_model",
        tag="models",
        summary="One model.",
        parameters=(
            {
                "name": "model",
                "in": "path",
                "required": True,
                "description": "A name out of the list; it may hold slashes.",
                "schema": {"type": "string", "minLength": 1},
                "example": "gpt-4o",
            },
        ),
        answer=_MODEL,
        answer_is="The model.",
        fails=("ModelNotFound", *_NO_BODY),
    ),
    ("post", "/v1/optimize"): Operation(
        id="optimize_prompt",
        tag="optimize",
        summary="Shorten one prompt.",
        description="Charges `original_tokens` of the organization's credits, once. The key needs the scope `optimize`.",
        parameters=(
            {
                "name": "idempotency-key",
                "in": "header",
                "description": "The same key and body answer the same, and charge once, for a day.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            },
            {"$ref": f"{_PARAMETERS}Cache"},
            {"$ref": f"{_PARAMETERS}CacheScope"},
        ),
        body=optimizing.OptimizeBody(prompt=_PROMPT, metadata={"client_id": "c-7", "user_id": "u-1"}),
        answer=optimizing.OptimizeAnswer(
            optimized_prompt=_PROMPT,
            original_prompt=_PROMPT,
            original_tokens=10,
            compressed_tokens=10,
            tokens_saved=0,
            similarity_score=1.0,
            latency_ms=4.2,
            cache_hit=False,
            optimizer_model="rules+static-minilm-256",
        ),
        answer_is="The shortest prompt that is similar enough; the prompt itself where there is none.",
        fails=tuple(OPTIMIZE_FAILURES),
    ),
    ("get", "/v1/credits"): Operation(
        id="get_credits",
        tag="optimize",
        summary="What is left for the optimize API.",
        answer=optimizing.Credits(balance_tokens=48_750_000, price_per_million_tokens=0.1),
        answer_is="Tokens, and what more of them cost.",
        fails=_NO_BODY,
    ),
    ("post", "/v1/feedback"): Operation(
        id="give_feedback",
        tag="feedback",
        summary="Say what an answer was worth.",
        description="With `cache_wrong` a cached answer that was served for another question goes out of the cache.",
        body=FeedbackBody(request_id=_REQUEST_ID, rating="bad", cache_wrong=True),
        answer=FeedbackAnswer(request_id=_REQUEST_ID, rating="bad", evicted=True),
        answer_is="It is kept; `evicted` says whether a cached answer was removed for it.",
        fails=("BadRequest", "RequestNotFound", *_WITH_BODY, *_NO_BODY),
    ),
}


@cache
def document() -> dict[str, Any]:
    """The whole document. It is made once and not to be changed."""
    found: dict[str, Any] = json.loads(_OPENAI.read_bytes())
    for (method, path), operation in OPERATIONS.items():
        found["paths"].setdefault(path, {})[method] = _described(operation)
    found["paths"] |= paths() | deferred.paths()
    for path, operations in client_formats.paths().items():
        found["paths"].setdefault(path, {}).update(operations)
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses"):
        found["paths"][path]["post"]["responses"]["202"] = deferred.accepted()
    found["components"]["schemas"] |= _schemas() | {"Deferred": deferred.schema()}
    found["components"]["responses"] = responses()
    return found


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": operation.id, "tags": [operation.tag], "summary": operation.summary}
    if operation.description is not None:
        found["description"] = operation.description
    if operation.parameters:
        found["parameters"] = list(operation.parameters)
    if operation.body is not None:
        given = {name: value for name, value in msgspec.to_builtins(operation.body).items() if value is not None}
        content = {"schema": _ref(operation.body), "examples": {"plain": {"value": given}}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    failures = {**FAILURES, **OPTIMIZE_FAILURES}
    answer = {"schema": _ref(operation.answer), "example": msgspec.to_builtins(operation.answer)}
    success = {"description": operation.answer_is, "content": {"application/json": answer}}
    found["responses"] = {"200": success} | {
        str(failures[name].error.status): {"$ref": f"#/components/responses/{name}"}
        for name in sorted(operation.fails, key=lambda name: failures[name].error.status)
    }
    return found


def _ref(example: msgspec.Struct) -> dict[str, str]:
    return {"$ref": _REF.format(name=_name(type(example)))}


def _schemas() -> dict[str, Any]:
    """Of the gateway's own structs, and of the optimize API's errors."""
    own = [type(shape) for one in OPERATIONS.values() for shape in (one.body, one.answer) if shape is not None]
    named = {shape.__name__: _name(shape) for shape in own}
    found = msgspec.json.schema_components(own, ref_template=_REF)[1]
    return {named[name]: _strict(schema, named[name]) for name, schema in found.items()} | {
        "OptimizeError": _optimize_error()
    }


def _strict(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """Constants that always stand in an answer are no defaults that may be left out."""
    properties = schema["properties"]
    constant = [name for name, one in properties.items() if len(one.get("enum", ())) == 1]
    kept = {
        name: {key: value for key, value in one.items() if key != "default" or name not in constant}
        for name, one in properties.items()
    }
    required = [name for name in properties if name in constant or name in schema.get("required", ())]
    return {**schema, "properties": kept, "required": required, "title": title}


def _optimize_error() -> dict[str, Any]:
    error = {
        "code": {"enum": list(optimizing.CODES.values())},
        "message": {"type": "string"},
        "details": {"type": "object"},
    }
    return _object(success={"const": False}, error=_object(**error))


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _name(shape: type[msgspec.Struct]) -> str:
    return _NAMES.get(shape, shape.__name__)
