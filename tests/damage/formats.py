"""The same conversations as clients of the other three APIs send them: shortened by way of their chat view, put back into their bodies,
and read from those again.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from services.gateway.domain.chat import Chat
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.endpoints.google_generate import GoogleGenerate
from services.gateway.endpoints.neutral import NeutralEndpoint
from services.gateway.endpoints.openai_responses import OPENAI_RESPONSES
from services.optimizer.pipeline import Optimizer
from tests.damage.asking import MODEL, Messages, Sent, Strength
from tests.fixtures.similarity import LIKENESS

Api = Literal["messages", "responses", "generate"]
APIS: tuple[Api, ...] = ("messages", "responses", "generate")
ENDPOINTS: dict[Api, NeutralEndpoint] = {
    "messages": ANTHROPIC_MESSAGES,
    "responses": OPENAI_RESPONSES,
    "generate": GoogleGenerate(MODEL),
}
_SYSTEM = ("system", "developer")
_TOOL = "look_up"


@dataclass(frozen=True)
class Shortened:
    """What became of a body: the new one (the old one where nothing changed), the chat view before, and the optimizer's reply."""

    body: bytes
    before: Chat
    reply: OptimizeReply


class FormatAsker:
    """Asks one optimizer as the gateway does for one API."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._optimizer = Optimizer(LIKENESS, cache_bytes=32_000_000)

    def takes(self, messages: Messages) -> bool:
        """Whether a client of this API can say the same: calls have names for their results, and Gemini's instructions stand
        at the head.
        """
        roles = [message["role"] for message in messages]
        return "function" not in roles and (self.api != "generate" or not set(roles[1:]) & set(_SYSTEM))

    def shorten(self, body: bytes, settings: OptimizationSettings, *, keep_cut: int | None = None) -> Shortened | None:
        """A client's body, shortened; None where levers have to leave it alone."""
        view = view_of(self.api, body)
        if view is None or view.own is None:
            return None
        own = view.own
        if own.whole:
            settings = msgspec.structs.replace(settings, context_pruning=False)
        reply = self._optimizer.answer(
            OptimizeRequest(
                model=MODEL,
                messages=view.raw["messages"],
                settings=settings,
                held=own.held,
                fixed=own.fixed,
                placed=True,
                tools=bool(view.fields.tools),
                keep_cut=keep_cut,
            )
        )
        made = own.body(reply.messages, reply.positions) if reply.changed else body
        assert made is not None, "what the optimizer makes has a form in every format"
        return Shortened(made, view, reply)

    def send(
        self, messages: Messages, level: Strength, *, tools: bool = False, keep_cut: int | None = None, **settings: Any
    ) -> Sent:
        """One request; see `Asker.send`. Its messages are read from the body that goes out."""
        chosen = (
            OptimizationSettings(**settings) if level == "defaults" else OptimizationSettings(level=level, **settings)
        )
        body = json.dumps(body_of(self.api, messages, tools=tools), ensure_ascii=False).encode()
        made = self.shorten(body, chosen, keep_cut=keep_cut)
        assert made is not None
        after = view_of(self.api, made.body)
        assert after is not None
        going = json.loads(bytes(after.raw["messages"]))
        places = _places(messages)
        before = json.loads(bytes(made.before.raw["messages"]))
        assert len(before) == len(places), "each message is one of the view"
        positions = tuple(places[at] if at >= 0 else -1 for at in made.reply.positions or range(len(going)))
        assert len(positions) == len(going), "what goes out is what the optimizer made"
        return Sent(going, positions, made.reply)


@cache
def format_asker(api: Api) -> FormatAsker:
    """One for all tests of a process."""
    return FormatAsker(api)


def view_of(api: Api, body: bytes) -> Chat | None:
    """What levers read of a body."""
    endpoint = ENDPOINTS[api]
    return endpoint.chat_view(endpoint.head(body, {}, ""))


def body_of(api: Api, messages: Messages, *, tools: bool = False) -> dict[str, Any]:
    """A chat's messages as a client of this API sends them. The leading instructions are the API's own field for them."""
    leads = bool(messages) and messages[0]["role"] in _SYSTEM
    instructions, rest = (_parts(messages[0]), messages[1:]) if leads else ([], messages)
    match api:
        case "messages":
            body: dict[str, Any] = {"model": MODEL, "max_tokens": 900}
            if instructions:
                body["system"] = instructions[0] if _is_plain(messages[0]) else [_text(said) for said in instructions]
            body["messages"] = _grouped([_message(message) for message in rest])
            if tools:
                body["tools"] = [{"name": _TOOL, "input_schema": {"type": "object"}}]
        case "responses":
            body = {"model": MODEL, "store": False}
            if instructions and _is_plain(messages[0]):
                body["instructions"] = instructions[0]
            elif instructions:
                rest = messages
            body["input"] = [item for message in rest for item in _items(message)]
            if tools:
                body["tools"] = [{"type": "function", "name": _TOOL, "parameters": {"type": "object"}}]
        case "generate":
            calls = [call for message in rest for call in message.get("tool_calls") or ()]
            names = {call["id"]: call["function"]["name"] for call in calls}
            body = {"contents": _grouped([_content(message, names) for message in rest])}
            if instructions:
                body["systemInstruction"] = {"parts": [{"text": said} for said in instructions]}
            if tools:
                declared = {"name": _TOOL, "parametersJsonSchema": {"type": "object"}}
                body["tools"] = [{"functionDeclarations": [declared]}]
    return body


def _places(messages: Messages) -> list[int]:
    """Where each message of the view stood: answers one behind the other are one."""
    before = ["", *(message["role"] for message in messages)]
    return [at for at, message in enumerate(messages) if not message["role"] == before[at] == "assistant"]


def _is_plain(message: dict[str, Any]) -> bool:
    return isinstance(message["content"], str)


def _parts(message: dict[str, Any]) -> list[str]:
    content = message["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content]


def _text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


def _message(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    match message["role"]:
        case "tool":
            block = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content}
            return {"role": "user", "content": [block]}
        case "assistant" if message.get("tool_calls"):
            calls = [
                {
                    "type": "tool_use",
                    "id": call["id"],
                    "name": call["function"]["name"],
                    "input": _arguments(call),
                }
                for call in message["tool_calls"]
            ]
            return {"role": "assistant", "content": [*([_text(content)] if content else []), *calls]}
        case role:
            return {"role": "system" if role in _SYSTEM else role, "content": content}


def _items(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    if message["role"] == "tool":
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": content}]
    said = [{"role": message["role"], "content": _input(content)}] if content else []
    calls = [
        {
            "type": "function_call",
            "call_id": call["id"],
            "name": call["function"]["name"],
            "arguments": call["function"]["arguments"],
        }
        for call in message.get("tool_calls") or ()
    ]
    return [*said, *calls]


def _input(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [{"type": "input_text", "text": part["text"]} for part in content]


def _content(message: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    content = message.get("content")
    if message["role"] == "tool":
        name = names.get(message["tool_call_id"], _TOOL)
        return {"role": "user", "parts": [{"functionResponse": {"name": name, "response": {"output": content}}}]}
    said = [{"text": content}] if isinstance(content, str) else [{"text": part["text"]} for part in content or ()]
    calls = [
        {"functionCall": {"name": call["function"]["name"], "args": _arguments(call)}}
        for call in message.get("tool_calls") or ()
    ]
    return {"role": "model" if message["role"] == "assistant" else "user", "parts": [*said, *calls]}


def _arguments(call: dict[str, Any]) -> Any:
    return json.loads(call["function"]["arguments"] or "{}")


def _grouped(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results of calls that were made together stand in one turn."""
    out: list[dict[str, Any]] = []
    for turn in turns:
        if out and _results(turn) and _results(out[-1]):
            out[-1]["content" if "content" in turn else "parts"] += turn.get("content", turn.get("parts"))
        else:
            out.append(turn)
    return out


def _results(turn: dict[str, Any]) -> bool:
    parts = turn.get("content", turn.get("parts"))
    return isinstance(parts, list) and all("tool_use_id" in part or "functionResponse" in part for part in parts)
