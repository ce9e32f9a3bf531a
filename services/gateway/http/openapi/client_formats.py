"""The part of the document about the APIs of Anthropic, Google and OpenAI's Responses: their shapes are described by them; here is
what the gateway reads of a request, and how errors look.
"""

import json
from typing import Any, Final

from services.gateway.formats import errors

_PROBLEM: Final = errors.problem("`model` is required.", status=400, code="invalid_request")
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 1}
_ANTHROPIC_ERROR: Final = {
    "type": "object",
    "required": ["type", "error"],
    "properties": {
        "type": {"const": "error"},
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {"type": _TEXT, "message": _TEXT},
        },
        "request_id": {"type": ["string", "null"]},
    },
}
_OPENAI_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code"],
            "properties": {"message": _TEXT, "type": _TEXT, "code": {"type": ["string", "null"]}},
        }
    },
}
_GOOGLE_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "status"],
            "properties": {"code": {"type": "integer"}, "message": _TEXT, "status": _TEXT},
        }
    },
}
# By the schema: what the gateway writes for one and the same problem.
_EXAMPLES: Final[dict[int, Any]] = {
    id(_ANTHROPIC_ERROR): json.loads(errors.anthropic(_PROBLEM, "req_0198f0a1c2d37e4f8a9b0c1d2e3f4a5b").body),
    id(_OPENAI_ERROR): json.loads(errors.openai(_PROBLEM).body),
    id(_GOOGLE_ERROR): json.loads(errors.google(_PROBLEM).body),
}
PASSED_ERROR: Final[dict[str, Any]] = {
    "description": "An error: the gateway's own, or the provider's as it came.",
    "content": {"application/json": {"schema": _OPENAI_ERROR, "example": _EXAMPLES[id(_OPENAI_ERROR)]}},
}
_MESSAGES: Final = {
    "type": "object",
    "required": ["model", "max_tokens", "messages"],
    "properties": {
        "model": {"type": "string", "minLength": 1, "maxLength": 256},
        "max_tokens": _COUNT,
        "messages": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "stream": {"type": "boolean"},
    },
}
_COUNTED: Final = {**_MESSAGES, "required": ["model", "messages"]}
_RESPONSES: Final = {
    "type": "object",
    "required": ["model"],
    "properties": {
        "model": {"type": "string", "minLength": 1, "maxLength": 256},
        "input": {"anyOf": [_TEXT, {"type": "array", "items": {"type": "object"}}]},
        "previous_response_id": {"type": ["string", "null"]},
        "store": {"type": ["boolean", "null"]},
        "stream": {"type": ["boolean", "null"]},
    },
}
_CONTENTS: Final = {
    "type": "object",
    "properties": {"contents": {"anyOf": [_TEXT, {"type": "array", "items": {"type": "object"}}, {"type": "object"}]}},
}
_HELLO: Final = {"role": "user", "content": "Hello!"}
_CLAUDE: Final = {"model": "claude-sonnet-5-5", "max_tokens": 100, "messages": [_HELLO]}
_GPT: Final = {"model": "gpt-4o", "input": "Hello!"}
_GEMINI: Final = {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}
_ID: Final = {
    "name": "response_id",
    "in": "path",
    "required": True,
    "schema": _TEXT,
    "example": "resp_0123456789abcdef",
}
_STREAMS: Final = ("application/json", "text/event-stream")


def paths() -> dict[str, dict[str, Any]]:
    """What stands under `paths`."""
    found: dict[str, dict[str, Any]] = {
        "/v1/messages": {
            "post": _operation(
                "create_message",
                "messages",
                "Anthropic's Messages API, for the models of every provider.",
                error=_ANTHROPIC_ERROR,
                body=_MESSAGES,
                example=_CLAUDE,
                media=_STREAMS,
            )
        },
        "/v1/messages/count_tokens": {
            "post": _operation(
                "count_message_tokens",
                "messages",
                "Count the tokens of a message without generating one.",
                error=_ANTHROPIC_ERROR,
                body=_COUNTED,
                example={name: value for name, value in _CLAUDE.items() if name != "max_tokens"},
            )
        },
        "/v1/responses": {
            "post": _operation(
                "create_response",
                "responses",
                "OpenAI's Responses API, for the models of every provider.",
                error=_OPENAI_ERROR,
                body=_RESPONSES,
                example=_GPT,
                media=_STREAMS,
            ),
            "get": _operation(
                "open_responses_socket",
                "responses",
                "Clients that try a WebSocket are told with 426 that there is none.",
                error=_OPENAI_ERROR,
            ),
        },
        "/v1/responses/input_tokens": {
            "post": _operation(
                "count_response_tokens",
                "responses",
                "Count the tokens of an input without generating an answer.",
                error=_OPENAI_ERROR,
                body=_RESPONSES,
                example=_GPT,
            )
        },
        "/v1/responses/compact": {
            "post": _operation(
                "compact_response",
                "responses",
                "Compact a conversation, where OpenAI serves the model.",
                error=_OPENAI_ERROR,
                body=_RESPONSES,
                example=_GPT,
            )
        },
        "/v1/responses/{response_id}": {
            "get": _stored("get_response", "A stored response.", media=_STREAMS),
            "delete": _stored("delete_response", "Remove a stored response."),
        },
        "/v1/responses/{response_id}/cancel": {
            "post": _stored("cancel_response", "Stop a response in the background.")
        },
        "/v1/responses/{response_id}/input_items": {"get": _stored("list_input_items", "What a response was made of.")},
    }
    for prefix in ("/v1beta", "/v1", ""):
        found[f"{prefix}/models/{{model}}"] = {"post": _generate(prefix)}
    for prefix in ("/v1beta", ""):
        name = prefix.strip("/") or "bare"
        found[f"{prefix}/models"] = {
            "get": _operation(f"list_models_{name}", "gemini", "Models in Gemini's format.", error=_GOOGLE_ERROR)
        }
        found[f"{prefix}/models/{{model}}"]["get"] = _operation(
            f"get_model_{name}",
            "gemini",
            "One model in Gemini's format.",
            error=_GOOGLE_ERROR,
            parameters=[_model("gemini-3.8-flash")],
        )
    return found


def _generate(prefix: str) -> dict[str, Any]:
    name = prefix.strip("/") or "bare"
    return _operation(
        f"generate_content_{name}",
        "gemini",
        "Gemini's generateContent, streamGenerateContent and countTokens, for the models of every provider.",
        error=_GOOGLE_ERROR,
        body=_CONTENTS,
        example=_GEMINI,
        media=_STREAMS,
        parameters=[_model("gemini-3.8-flash:generateContent")],
    )


def _model(example: str) -> dict[str, Any]:
    return {
        "name": "model",
        "in": "path",
        "required": True,
        "description": "The model's name; for calls with a colon and the method behind it.",
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


def _stored(name: str, summary: str, *, media: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    return _operation(name, "responses", summary, error=_OPENAI_ERROR, media=media, parameters=[_ID])


def _operation(
    name: str,
    tag: str,
    summary: str,
    *,
    error: dict[str, Any],
    body: dict[str, Any] | None = None,
    example: dict[str, Any] | None = None,
    media: tuple[str, ...] = ("application/json",),
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    answers = {kind: {"schema": {"type": "object"}} if kind == "application/json" else {} for kind in media}
    found: dict[str, Any] = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "responses": {
            "200": {"description": "The answer, in the format of the API.", "content": answers},
            "default": {
                "description": "An error in the format of the API, with the status that it documents.",
                "content": {"application/json": {"schema": error, "example": _EXAMPLES[id(error)]}},
            },
        },
    }
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        content = {"schema": body, "examples": {"plain": {"value": example}}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found
