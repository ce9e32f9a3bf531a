"""Requests of the Messages API without breakpoints, conversation by conversation, and when each comes."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.optimizer.client import calls
from bench.optimizer.data import Messages, Sets
from bench.optimizer.tools import AIRLINE
from libs.common import catalog
from services.gateway.providers.anthropic.chat import ANTHROPIC
from services.gateway.translate.dialect import Asked

MODEL = "claude-opus-5-5"
CLIENTS = Path("../shared/clients")
Body = dict[str, Any]


class Traffic(NamedTuple):
    """Conversations, each the bodies of its calls. `turn` seconds lie between two calls, `pause` between two conversations."""

    name: str
    conversations: Sequence[Sequence[Body]]
    turn: float
    pause: float


def agents(sets: Sets) -> Iterator[Traffic]:
    """What agents have sent: many calls, each with all that was said before."""
    airline = sets.airline()
    if airline is not None:
        bodies = [[body_of(messages, AIRLINE) for messages, _ in calls(one)] for one in airline]
        yield Traffic("tau airline, 20 s a turn", bodies, 20, 60)
        yield Traffic("tau airline, 10 min a turn", bodies, 600, 60)
    histories = [_turns(one) for one in sets.agents()]
    if histories:
        yield Traffic("SWE-agent, 30 s a turn", histories, 30, 900)


def own_marks() -> Iterator[tuple[str, list[Body]]]:
    """Recorded clients' requests with the breakpoints that they set themselves."""
    for path in sorted(CLIENTS.glob("claude-code-*.json")):
        yield path.stem, _recorded(path)


def single(words: Sequence[str]) -> Iterator[Traffic]:
    """What gains little or nothing from a cache: one call each, written before any figure was seen."""
    dice = random.Random(7)

    def text(tokens: int) -> str:
        return " ".join(dice.choice(words) for _ in range(tokens))

    long = text(3_000)
    yield Traffic("single, a long system prompt of its own", [[_ask(text(3_000), text(80))] for _ in range(300)], 0, 5)
    yield Traffic("single, one long system prompt, each 10 s", [[_ask(long, text(80))] for _ in range(300)], 0, 10)
    yield Traffic("single, one long system prompt, each 20 min", [[_ask(long, text(80))] for _ in range(100)], 0, 1200)
    yield Traffic("single, one long system prompt, each 3 h", [[_ask(long, text(80))] for _ in range(100)], 0, 10_800)
    yield Traffic("single, short", [[_ask(text(60), text(400))] for _ in range(300)], 0, 5)
    yield Traffic("single, a long document in the question", [[_ask(text(60), text(6_000))] for _ in range(200)], 0, 5)
    shots = [text(400) for _ in range(8)]
    yield Traffic("single, the same eight examples, each 10 s", [[_shots(shots, text(60))] for _ in range(200)], 0, 10)
    others = [[_shots([text(400) for _ in range(8)], text(60))] for _ in range(200)]
    yield Traffic("single, examples of its own, each 10 s", others, 0, 10)
    two = [[_ask(text(900), question := text(200)), _follow(question, text(300), text(50))] for _ in range(100)]
    yield Traffic("two turns, a day apart", two, 86_400, 5)


def _ask(system: str, question: str) -> Body:
    return {"model": MODEL, "max_tokens": 500, "system": system, "messages": [{"role": "user", "content": question}]}


def _follow(question: str, answer: str, more: str) -> Body:
    said = [("user", question), ("assistant", answer), ("user", more)]
    return {"model": MODEL, "max_tokens": 500, "messages": [{"role": role, "content": text} for role, text in said]}


def _shots(shots: Sequence[str], question: str) -> Body:
    said = [{"role": role, "content": text[at::2]} for text in shots for at, role in enumerate(("user", "assistant"))]
    return {"model": MODEL, "max_tokens": 500, "messages": [*said, {"role": "user", "content": question}]}


def _turns(history: Messages) -> list[Body]:
    """A call before each thing that the model said."""
    return [body_of(history[:at], None) for at, message in enumerate(history) if message["role"] == "assistant" and at]


def body_of(messages: Messages, tools: Any) -> Body:
    """What Anthropic gets of a chat request."""
    asked = {"model": MODEL, "messages": messages, **({"tools": tools} if tools else {})}
    raw = msgspec.json.decode(msgspec.json.encode(asked), type=dict[str, msgspec.Raw])
    known = catalog.load().find(MODEL)
    out = ANTHROPIC.request(Asked(raw=raw, messages=raw["messages"], model=MODEL, known=known, stream=False))
    found: Body = json.loads(out.body)
    return found


def _recorded(path: Path) -> list[Body]:
    requests = json.loads(path.read_text())["requests"]
    bodies = [
        one.get("body") for one in requests if one["path"].startswith("/v1/messages") and "count" not in one["path"]
    ]
    return [{**body, "model": MODEL} for body in bodies if isinstance(body, dict) and body.get("messages")]


def without_marks(value: Any) -> Any:
    """A body without breakpoints."""
    if isinstance(value, list):
        return [without_marks(item) for item in value]
    if isinstance(value, dict):
        return {name: without_marks(item) for name, item in value.items() if name != "cache_control"}
    return value
