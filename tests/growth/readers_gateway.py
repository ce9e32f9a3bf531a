"""Readers of the gateway: what clients send, and what providers answer."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from libs.common import conversation
from libs.common.contracts.auth import Principal
from libs.common.tokens import count_message, count_messages, count_text
from services.gateway.domain import cache_key, chat, holdout, hosted, json_size, needs, overrides, refused_fields, turns
from services.gateway.domain.attempts import Failure
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Envelope, Request
from services.gateway.domain.targets import Target
from services.gateway.endpoints.base import Attempt
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_completions import OPENAI_COMPLETIONS
from services.gateway.state.prefix_cache import PrefixCacheTracker
from services.gateway.translate import (
    completions,
    either,
    google_openai,
    openai_answer,
    openai_chunk,
    openai_errors,
    openai_openai,
    openai_replay,
    openai_usage,
    optimizing,
    sse,
)
from services.gateway.translate.dialect import Asked
from services.gateway.translate.openai_stream import OpenAIStream
from tests.fixtures.dialects import DIALECTS, PROVIDERS
from tests.growth.reader import MODEL, TURN, Reader, body, pieces, refused, talk, tools


def clients() -> Iterator[Reader]:
    yield Reader("tokens", lambda text: count_text(MODEL, text))
    yield Reader("tokens of the older models", lambda text: count_text("gpt-4", text))
    yield Reader("tokens of messages", lambda text: count_messages(MODEL, [{"role": "user", "content": text}]))
    yield Reader("tokens of a call", lambda text: count_message(MODEL, tools(1 << 30)(text)[1]))
    yield Reader("a body that is only text", refused(lambda text: chat.parse(text.encode("utf-8", "surrogatepass"))))
    yield Reader(
        "a body of an optimization", refused(lambda text: optimizing.read(text.encode("utf-8", "surrogatepass")))
    )
    yield Reader(
        "a body of completions", refused(lambda text: completions.prompts_of(text.encode("utf-8", "surrogatepass")))
    )
    yield Reader("a prompt of completions at its endpoint", refused(_prompted))
    yield Reader("how many values a body holds", refused(_values))
    yield Reader("tags", refused(lambda text: (overrides.parse({}, {text: ""}), overrides.parse({_TAGS: text}, {}))))
    for name, made in _BODIES.items():
        yield Reader(f"a chat with {name}", refused(partial(_chatted, made)), seldom=True)


def _chatted(made: Callable[[str], dict[str, Any]], text: str) -> object:
    asked = chat.parse(msgspec.json.encode(made(text)))
    known = PrefixCacheTracker(lambda: 0.0)
    known.update("org", asked, 1, 1)
    return (
        *(cache_key.cache_key(asked, {}, "app"), cache_key.cacheable(asked), hosted.hosted(asked), needs.needs(asked)),
        *(
            turns.call_ids(asked),
            turns.open_calls(asked),
            turns.of_chat(asked),
            turns.session_name(asked, "m", "s", None),
            known.lookup("org", asked),
            asked.beginnings,
        ),
        conversation.user_turns(asked.fields.messages, 0),
        holdout.arm("org", holdout.conversation("org", Envelope(model="m", raw=b"", top={}), asked) or "", 0.1),
    )


_ASK: dict[str, Any] = {"role": "user", "content": "Go on."}
_TAGS = "x-promptly-tags"
_BODIES: dict[str, Callable[[str], dict[str, Any]]] = {
    "a long turn": lambda text: body({"role": "user", "content": text}),
    "many turns": lambda text: body(*talk(TURN)(text), _ASK),
    "many parts": lambda text: body(
        {"role": "user", "content": [{"type": "text", "text": piece} for piece in pieces(text, TURN)]}
    ),
    "pictures": lambda text: body(
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{text}"}}]}
    ),
    "instructions": lambda text: body({"role": "system", "content": text}, _ASK),
    "tools and their results": lambda text: body(*tools(TURN)(text)),
    "one long result": lambda text: body(*tools(1 << 30)(text)),
    "arguments that are no JSON": lambda text: body(
        _ASK,
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ),
    "a schema": lambda text: body(
        _ASK,
        tools=[{"type": "function", "function": {"name": "f", "description": text, "parameters": _schema(text)}}],
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": _schema(text)}},
    ),
    "many tools": lambda text: body(
        _ASK,
        tools=[
            {"type": "function", "function": {"name": f"f{n}", "description": piece, "parameters": {"type": "object"}}}
            for n, piece in enumerate(pieces(text, TURN))
        ],
    ),
    "a stop": lambda text: body(_ASK, stop=text),
    "a nested field": lambda text: body(_ASK, metadata={"a": text}, extra={"b": [text]}),
}


def _schema(text: str) -> dict[str, Any]:
    properties = {f"p{n}": {"type": "string", "description": piece} for n, piece in enumerate(pieces(text, TURN))}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def providers() -> Iterator[Reader]:
    for name, dialect in DIALECTS.items():
        for what, made in _BODIES.items():
            yield Reader(f"{name}: {what}", refused(partial(_translated, dialect, made)), seldom=True)
        for what, answer in _ANSWERS.items():
            yield Reader(f"{name}: answer with {what}", refused(partial(_answered, dialect, answer)), seldom=True)
        yield Reader(f"{name}: error", refused(partial(_failed, name)), seldom=True)
        yield Reader(f"{name}: bytes of a stream", refused(partial(_streamed, dialect)), seldom=True)
        yield Reader(f"{name}: events of a stream", refused(partial(_chunked, dialect, name)), seldom=True)
        yield Reader(f"{name}: a whole answer in any shape", refused(partial(_any_shape, dialect, name)), seldom=True)
    for name in DIALECTS:
        yield Reader(f"{name}: the chat endpoint", refused(partial(_at_the_endpoint, name)), seldom=True)
    yield Reader("server-sent events", _events)
    yield Reader("parts of OpenAI's format", refused(_openai_parts), seldom=True)
    yield Reader("a stream of OpenAI's", refused(_openai_stream))
    yield Reader("a stream of chunks of one kind", refused(_recognized_stream))
    yield Reader("a stream of completions", refused(_completion_stream))
    yield Reader("replayed", lambda text: openai_replay.replay(_whole(text), None, b"{}", wants_usage=True))
    yield Reader("with metadata", lambda text: openai_openai.with_metadata(msgspec.json.encode(_whole(text)), b"{}"))
    yield Reader(
        "completions",
        lambda text: completions.completion([msgspec.json.encode(_whole(piece)) for piece in pieces(text, 4_000)]),
    )


def _translated(dialect: Any, made: Callable[[str], dict[str, Any]], text: str) -> object:
    asked = chat.parse(msgspec.json.encode(made(text)))
    return dialect.request(Asked(raw=asked.raw, messages=asked.raw["messages"], model="m", known=None, stream=True))


def _prompted(text: str) -> object:
    data = msgspec.json.encode({"model": "m", "prompt": pieces(text, 4_000)[:20]})
    answer = [msgspec.json.encode(_whole(piece)) for piece in pieces(text, 4_000)]
    return OPENAI_COMPLETIONS.prompts(data), OPENAI_COMPLETIONS.join(answer)


def _at_the_endpoint(name: str, text: str) -> object:
    """What the pipeline calls, for one request."""
    envelope = OPENAI_CHAT.head(msgspec.json.encode(body({"role": "user", "content": text})), {}, "")
    envelope = OPENAI_CHAT.for_model(envelope, "m")
    principal = Principal(org_id="org", key_id="key")
    request = Request(
        id="req",
        accepted=0.0,
        time_ms=0,
        kind="chat",
        principal=principal,
        envelope=envelope,
        chat=OPENAI_CHAT.chat_view(envelope),
        overrides=overrides.NONE,
        settings=principal.settings,
    )
    attempt = Attempt(
        request=request,
        plan=Plan(),
        provider=PROVIDERS[name],
        target=Target(model="m", served_model="m", provider=name, keys=()),
        known=None,
        without=frozenset(),
        created=1,
    )
    whole = msgspec.json.encode(_whole(text))
    return (
        *(OPENAI_CHAT.cache_key(envelope, {}, None), OPENAI_CHAT.encode(attempt)),
        *(OPENAI_CHAT.with_metadata(whole, b"{}"), OPENAI_CHAT.replay(request, whole, b"{}")),
        OPENAI_CHAT.read(attempt, OPENAI_CHAT.decode(attempt, _ANSWERS["a long text"](text))),
    )


def _whole(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message}],
    }


_ANSWERS: dict[str, Callable[[str], bytes]] = {
    "nothing but text": lambda text: text.encode("utf-8", "surrogatepass"),
    "a long text": lambda text: msgspec.json.encode(
        {
            **_whole(text),
            "content": [{"type": "text", "text": text}],
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
        }
    ),
    "many parts": lambda text: msgspec.json.encode(
        {
            **_whole("a"),
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": piece} for piece in pieces(text, TURN)],
            "candidates": [{"content": {"role": "model", "parts": [{"text": piece} for piece in pieces(text, TURN)]}}],
        }
    ),
    "calls": lambda text: msgspec.json.encode(
        {
            "id": text,
            "model": text,
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "tool_calls": [
                            {"id": f"c{n}", "type": "function", "function": {"name": piece, "arguments": piece}}
                            for n, piece in enumerate(pieces(text, TURN))
                        ],
                    }
                }
            ],
            "content": [
                {"type": "tool_use", "id": f"c{n}", "name": piece, "input": {"a": piece}}
                for n, piece in enumerate(pieces(text, TURN))
            ],
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"functionCall": {"name": piece, "args": {"a": piece}}} for piece in pieces(text, TURN)
                        ]
                    }
                }
            ],
        }
    ),
}


def _answered(dialect: Any, answer: Callable[[str], bytes], text: str) -> object:
    return dialect.answer(answer(text), model="m", request_id="r", created=1)


def _any_shape(dialect: Any, name: str, text: str) -> object:
    named = {"model": "m", "request_id": "r", "created": 1}
    streamed = b"".join(
        b"data: " + msgspec.json.encode(one) + b"\n\n"
        for piece in pieces(text, TURN)
        for one in _EVENTS.get(name, _EVENTS["openai"])(piece)
    )
    plain = text.encode("utf-8", "surrogatepass")
    return [refused(partial(_both_ways, dialect, named))(data) for data in (plain, streamed, _ANSWERS["calls"](text))]  # type: ignore[arg-type]


def _both_ways(dialect: Any, named: dict[str, Any], data: bytes) -> object:
    chunks = either.EitherChunks(dialect, **named)
    found = [chunks.feed(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE)]
    return found, chunks.end(), either.whole(dialect, data, **named)


def _openai_parts(text: str) -> object:
    """What the OpenAI format's reader looks at apart: an answer, a chunk, its usage, an error inside it."""
    plain = text.encode("utf-8", "surrogatepass")
    chunk = msgspec.json.encode(_EVENTS["openai"](text)[0])
    used = {"prompt_tokens": text, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": text}}
    return (
        *(openai_chunk.with_usage(one, {"prompt_tokens": 1}) for one in (chunk, plain)),
        *(openai_chunk.without_finish(one) for one in (chunk, plain)),
        *(openai_usage.usage_of(one) for one in (plain, msgspec.json.encode(used))),
        *(
            openai_errors.inside(one)
            for one in (plain, msgspec.json.encode({"error": {"message": text, "code": text}}))
        ),
        google_openai.billed(used),
        openai_replay.chunks_of(msgspec.json.encode(_whole(text)), None),
        refused_fields.refused(Failure("status", text, status=400), ("stream_options",), guess=True),
        openai_answer.read_answer(_ANSWERS["calls"](text)),
    )


def _values(text: str) -> object:
    return [
        list(json_size.scan(data) or ())
        for data in (
            text.encode("utf-8", "surrogatepass"),
            b"," * json_size.MAX_VALUES + b'"' + text.encode("utf-8", "surrogatepass"),
        )
    ]


def _failed(name: str, text: str) -> object:
    said = msgspec.json.encode({"error": {"message": text, "type": text, "status": text, "code": text}})
    return [
        made(status, {"retry-after": text}, body)
        for made in (PROVIDERS[name].error, DIALECTS[name].failure)
        for status in (400, 429)
        for body in (said, text.encode("utf-8", "surrogatepass"))
    ]


_PIECE = 8_192


def _fed(chunks: Any, data: bytes) -> object:
    found = [chunks.feed(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE)]
    return found, chunks.end()


def _streamed(dialect: Any, text: str) -> object:
    return _fed(dialect.chunks(model="m", request_id="r", created=1), text.encode("utf-8", "surrogatepass"))


def _chunked(dialect: Any, name: str, text: str) -> object:
    made = _EVENTS.get(name, _EVENTS["openai"])
    events = [b"data: " + msgspec.json.encode(one) + b"\n\n" for piece in pieces(text, TURN) for one in made(piece)]
    return _fed(dialect.chunks(model="m", request_id="r", created=1), b"".join(events))


_EVENTS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "openai": lambda piece: [
        {"choices": [{"index": 0, "delta": {"content": piece}}]},
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": piece}}]},
                }
            ]
        },
    ],
    "anthropic": lambda piece: [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": piece}},
    ],
    "google": lambda piece: [
        {
            "candidates": [
                {"content": {"parts": [{"text": piece}, {"functionCall": {"name": "f", "args": {"a": piece}}}]}}
            ]
        }
    ],
}


def _events(text: str) -> object:
    parser, data = sse.SseParser(), text.encode("utf-8", "surrogatepass")
    return [parser.feed(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE)]


def _openai_stream(text: str) -> object:
    stream = OpenAIStream(openai_openai.OPENAI.chunks(model="m", request_id="r", created=1), wants_usage=True)
    events = [
        b"data: " + msgspec.json.encode(one) + b"\n\n"
        for piece in pieces(text, TURN)
        for one in _EVENTS["openai"](piece)
    ]
    found = [stream.feed(one) for one in events]
    return found, stream.end(), stream.answer()


def _recognized_stream(text: str) -> object:
    """Chunks of one kind, which are recognized instead of decoded."""
    head = {"id": "c", "created": 1, "model": "m"}
    stream = OpenAIStream(openai_openai.OPENAI.chunks(model="m", request_id="r", created=1), wants_usage=True)
    events = [
        b"data: " + msgspec.json.encode({**head, "choices": [{"index": 0, "delta": {"content": piece}}]}) + b"\n\n"
        for piece in ("a", *pieces(text, TURN))
    ]
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]
    calls += [{"index": 0, "function": {"arguments": piece}} for piece in ("a", *pieces(text, TURN))]
    events += [
        b"data: " + msgspec.json.encode({**head, "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}) + b"\n\n"
        for call in calls
    ]
    found = [stream.feed(one) for one in events]
    return found, stream.end(), stream.answer()


def _completion_stream(text: str) -> object:
    stream = completions.CompletionEvents(0)
    events = [
        b"data: " + msgspec.json.encode(one) + b"\n\n"
        for piece in pieces(text, TURN)
        for one in _EVENTS["openai"](piece)
    ]
    return [stream.feed(one) for one in events], stream.feed(text.encode("utf-8", "surrogatepass"))
