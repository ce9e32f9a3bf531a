"""Google's generateContent: candidates of parts, streamed as whole responses that each carry the next parts."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.fake_provider import meter
from tests.fake_provider.answer import Answer, sign, words
from tests.fake_provider.formats import Event
from tests.fake_provider.rules import KEYS
from tests.fake_provider.script import Step
from tests.fake_provider.wire import encode

PROVIDER = "google"

_THINKS_IN_CALLS = re.compile(r"gemini-(?:[3-9]|\d\d|pro-latest|flash)")
_FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPE = "type.googleapis.com/google.rpc."
_NAMES = {name for kind in KEYS["google"].values() for name in kind}
# Whose keys are the client's own.
_FREE = {"args", "response", "labels", "parameters", "parametersJsonSchema", "parameters_json_schema"}
_FREE |= {"responseSchema", "response_schema", "responseJsonSchema", "response_json_schema"}
_SAFETY = [
    {"category": f"HARM_CATEGORY_{what}", "probability": "NEGLIGIBLE"}
    for what in ("SEXUALLY_EXPLICIT", "HATE_SPEECH", "HARASSMENT", "DANGEROUS_CONTENT")
]


def key(headers: Mapping[str, str]) -> str:
    """The key of `x-goog-api-key`."""
    return headers.get("x-goog-api-key", "")


def refusal(key: str) -> Step:
    """403 without a key; a wrong one is a 400, not a 401."""
    if not key:
        return Step(
            status=403,
            message="Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
            "or other form of API consumer identity to call this API.",
        )
    return Step(status=400, message="API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")


def headers(number: int, step: Step) -> dict[str, str]:
    """Nothing to go by: Google says what it has to say in bodies."""
    return {"server-timing": "gfet4t7; dur=12"}


def error(status: int, step: Step, number: int) -> bytes:
    """An error body. `code` is a status name or, with status 400, the reason of an invalid key."""
    code, details = step.code, []
    if code == "API_KEY_INVALID":
        metadata = {"service": "generativelanguage.googleapis.com"}
        info = {"@type": f"{_TYPE}ErrorInfo", "reason": code, "domain": "googleapis.com", "metadata": metadata}
        localized = {"@type": f"{_TYPE}LocalizedMessage", "locale": "en-US", "message": step.message}
        code, details = None, [info, localized]
    elif status == 429:
        violation = {"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests", "quotaValue": "10"}
        details.append({"@type": f"{_TYPE}QuotaFailure", "violations": [violation]})
        if step.retry_after is not None:
            details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{step.retry_after:g}s"})
    found: dict[str, Any] = {"code": status, "message": step.message, "status": code or _STATUS.get(status, "UNKNOWN")}
    if details:
        found["details"] = details
    return json.dumps({"error": found}, indent=2, ensure_ascii=False).encode()


def error_event(step: Step, number: int) -> Event:
    """An error object in the place of a response."""
    status = next((code for code, name in _STATUS.items() if name == step.code), 500)
    return Event(encode(json.loads(error(status, step, number))))


def read(body: dict[str, Any]) -> dict[str, Any]:
    """The body in camel case: like every service of Google's, this one takes fields in snake case too."""
    return {_camel(name): value if name in _FREE else _read(value) for name, value in body.items()}


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(one) for one in value]
    return read(value) if isinstance(value, dict) else value


def _camel(name: str) -> str:
    head, *more = name.split("_")
    camel = head + "".join(word.title() for word in more)
    return camel if camel in _NAMES else name


def count(model: str, body: dict[str, Any]) -> int:
    """The texts of the system instruction, contents and tools."""
    return meter.count_texts(model, body.get("systemInstruction"), body.get("contents"), body.get("tools"))


def last(body: dict[str, Any]) -> Any:
    """The parts of the last content."""
    return body["contents"][-1].get("parts")


def signatures(body: dict[str, Any]) -> list[str]:
    """The thought signatures in the history."""
    parts = [part for content in body.get("contents", ()) for part in content.get("parts", ())]
    return [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]


def whole(answer: Answer) -> bytes:
    """One response."""
    if answer.blocked:
        return json.dumps(_response(answer, None, None, last=True), indent=2, ensure_ascii=False).encode()
    thoughts, texts, calls = _parts(answer)
    found = _response(answer, [*thoughts[:1], *texts[:1], *calls], _finish(answer), last=True)
    return json.dumps(found, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def events(answer: Answer, body: dict[str, Any]) -> list[Event]:
    """A response for every few words and for each function call; the finish reason comes after the last of them."""
    if answer.blocked:
        return [Event(encode(_response(answer, None, None, last=True)))]
    thoughts, texts, calls = _parts(answer)
    pieces = [{**part, "text": piece} for part in thoughts for piece in words(part["text"])]
    pieces += [{"text": piece} for part in texts for piece in words(part["text"])]
    pieces += calls
    found = [_response(answer, [piece], None, last=False) for piece in pieces]
    closing: dict[str, Any] = {"text": ""}
    if answer.thinking and not calls:
        closing["thoughtSignature"] = sign(answer.thinking)
    found.append(_response(answer, [closing], _finish(answer), last=True))
    return [Event(encode(one)) for one in found]


def models(names: list[str]) -> bytes:
    """The list of models."""
    made = [
        {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}
        for name in names
    ]
    return encode({"models": made})


def _finish(answer: Answer) -> str:
    return answer.native or _FINISH.get(answer.finish, answer.finish)


def _parts(answer: Answer) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Thoughts, texts and function calls; the first call carries the signature of the thought before it."""
    thoughts = [{"text": answer.thinking, "thought": True}] if answer.thinking else []
    texts: list[dict[str, Any]] = [{"text": answer.content}] if answer.content else []
    if answer.thinking and texts and not answer.calls:
        texts[0]["thoughtSignature"] = sign(answer.thinking)
    signs, calls = bool(answer.thinking) or _THINKS_IN_CALLS.match(answer.model) is not None, []
    for index, call in enumerate(answer.calls):
        made = {"name": call["function"]["name"], "args": json.loads(call["function"]["arguments"] or "{}")}
        if _THINKS_IN_CALLS.match(answer.model) and call.get("id"):
            made["id"] = call["id"]  # older models leave it out
        part: dict[str, Any] = {"functionCall": made}
        if signs and index == 0:
            part["thoughtSignature"] = sign(answer.thinking or made["name"])
        calls.append(part)
    return thoughts, texts, calls


def _response(answer: Answer, parts: list[dict[str, Any]] | None, finish: str | None, *, last: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if parts is None:
        found["promptFeedback"] = {"blockReason": answer.blocked, "safetyRatings": _SAFETY}
    else:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish is not None:
            candidate |= {"finishReason": finish, "safetyRatings": _SAFETY}
        found["candidates"] = [candidate]
    if answer.tells_usage:
        found["usageMetadata"] = _usage(answer, last=last)
    return {**found, "modelVersion": answer.model, "responseId": f"fake{answer.number:08d}"}


def _usage(answer: Answer, *, last: bool) -> dict[str, Any]:
    """Counts so far: the candidates' are known at the end only."""
    used = answer.used
    found: dict[str, Any] = {"promptTokenCount": used.prompt}
    if used.cache_read:
        found["cachedContentTokenCount"] = used.cache_read
    total = used.prompt
    if last:
        found["candidatesTokenCount"] = used.output_text + used.output_reasoning * answer.thoughts_inclusive
        if used.output_reasoning:
            found["thoughtsTokenCount"] = used.output_reasoning
        total += used.completion
    found["totalTokenCount"] = total
    found["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": used.prompt}]
    return found
