"""Which strings of a body the optimizer may change, and that nothing else of it does."""

import difflib
import json
from typing import Any

import msgspec
import pytest

from libs.common.catalog import load
from libs.common.contracts.auth import Level, OptimizationSettings, Principal
from services.gateway.domain.overrides import NONE
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Request
from services.gateway.domain.subrequests import optimize_request
from services.gateway.state.prefix_cache import PrefixCacheTracker
from tests.damage.asking import MODEL
from tests.damage.formats import APIS, ENDPOINTS, Api, body_of, format_asker, view_of
from tests.damage.talk.transcripts import Transcript, native_tools, text_tools
from tests.unit.gateway.formats.recorded import bodies

SETTINGS = OptimizationSettings()
WORDY = "Please be sure to answer in   two   sentences.   \n\n\n\n\nIn order to answer, use the data."
ROWS = json.dumps([{"port": "Vik", "depth": at, "open": True} for at in range(30)], indent=2)
MARK = {"cache_control": {"type": "ephemeral"}}
USER = {"role": "user", "content": "How deep is it?"}
CALLED: list[dict[str, Any]] = [
    {"role": "user", "content": "How deep is the harbour of Vik?"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "depths", "input": {"n": 30}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": ROWS}]},
]
FOLDERS = {
    "messages": ("claude-code", "/v1/messages"),
    "responses": ("codex", "/responses"),
    "generate": ("gemini", ":"),
}
TURNS = {"messages": "messages", "responses": "input", "generate": "contents"}


def shortened(api: Api, body: Any, level: Level = "aggressive", **settings: Any) -> bytes | None:
    """A body after the optimizer; None where it has to be left alone."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    made = format_asker(api).shorten(data, OptimizationSettings(level=level, **settings))
    return None if made is None else made.body


def same(api: Api, body: Any) -> bool:
    """Whether nothing of a body is changed."""
    found = shortened(api, body)
    return found is None or found == json.dumps(body).encode()


def message(**fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 9, "messages": [USER], **fields}


@pytest.mark.parametrize(
    ("api", "body"),
    [
        (
            "messages",
            b'{"max_tokens" :9, "system" : %b,\n "messages":[ {"content":"\\u0048i", "role":"user"} ],"model":"m" }',
        ),
        ("responses", b'{"instructions" : %b ,"x":1.50, "input":"\\u0048i","model":"m"}'),
        (
            "generate",
            b'{ "system_instruction":{"parts":[{"text": %b}]}, "contents":[{"parts":[{"text":"\\u0048i"}]}] }',
        ),
        ("generate", b'{"systemInstruction": %b, "contents":{"parts":[{"text":"Hi"}]}}'),
    ],
)
def test_every_byte_but_the_shorter_string_stays(api: Api, body: bytes) -> None:
    long = b'"Answer in two\\u0020sentences.   \\n\\n\\n\\n\\n\\nUse the data."'
    found = shortened(api, body % long, "conservative")
    assert found is not None
    assert found != body % long
    assert found == body % b'"Answer in two sentences.\\n\\nUse the data."'


@pytest.mark.parametrize("api", APIS)
def test_a_result_is_shortened_in_its_place(api: Api) -> None:
    chat: Any = [
        {"role": "user", "content": "How deep is the harbour of Vik?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "depths", "arguments": '{"n":3}'}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": ROWS},
    ]
    body = json.dumps(body_of(api, chat, tools=True), indent=1).encode()
    found = shortened(api, body, "conservative")
    assert found is not None
    matcher = difflib.SequenceMatcher(None, body.splitlines(), found.splitlines(), autojunk=False)
    [changed] = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    assert changed[2] - changed[1] == 1, "one line of the body, which holds the result"
    assert len(found) < len(body)


def test_a_mark_holds_what_stands_before_it() -> None:
    marked = {"type": "text", "text": WORDY, **MARK}
    assert not same("messages", message(system=WORDY))
    assert same("messages", message(system=[marked]))
    assert same("messages", message(system=[{"type": "text", "text": WORDY}, {**marked, "text": "End."}]))
    assert same("messages", message(system=WORDY, messages=[{"role": "user", "content": [marked]}]))
    assert same("messages", message(system=WORDY, **MARK)), "a mark on the whole request"
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": ROWS}
    behind = [*CALLED[:2], {"role": "user", "content": [result]}]
    assert not same("messages", message(system=[{**marked, "text": "Hi."}], messages=behind))
    behind[2] = {"role": "user", "content": [{**result, **MARK}]}
    assert same("messages", message(system=WORDY, messages=behind))
    part = {"type": "input_text", "text": WORDY, "prompt_cache_breakpoint": {}}
    assert same("responses", {"model": MODEL, "instructions": WORDY, "input": [{"role": "user", "content": [part]}]})


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "thinking", "thinking": "Hm.", "signature": "pr1.x"},
    ],
)
def test_thinking_binds_all_words_of_a_message(block: dict[str, Any]) -> None:
    turns = [USER, {"role": "assistant", "content": [block, {"type": "text", "text": "Nine."}]}, USER]
    assert same("messages", message(system=WORDY, messages=turns))


@pytest.mark.parametrize(
    "fields", [{"thread": {"id": "t"}}, {"diagnostics": {"previous_message_id": "m"}}, {"max_tokens": 0}]
)
def test_what_is_bound_to_the_conversation_as_it_was_stays(fields: dict[str, Any]) -> None:
    assert same("messages", message(system=WORDY, **fields))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": WORDY}},
        {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": WORDY}]},
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=1;   a   b"},
        {"type": "container_upload", "file_id": "f"},
    ],
)
def test_documents_and_what_only_the_format_knows_stay(part: dict[str, Any]) -> None:
    body = message(
        system=[part] if part["type"] == "text" else "Hi.", messages=[{"role": "user", "content": [part, part]}]
    )
    assert same("messages", body)


def test_instructions_within_a_conversation_stay() -> None:
    assert same("messages", message(messages=[USER, {"role": "system", "content": WORDY}, USER]))
    for role in ("system", "developer"):
        assert same("responses", {"model": MODEL, "input": [USER, {"role": role, "content": WORDY}, USER]})


def _long(api: Api, extra: Any) -> list[Any]:
    """A conversation that a window would cut, with `extra` as its third turn."""
    chat: Any = [{"role": ("user", "assistant")[at % 2], "content": f"Is it {at}?"} for at in range(41)]
    turns: list[Any] = body_of(api, chat)[TURNS[api]]
    return [*turns[:2], *extra, *turns[2:]]


REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}


@pytest.mark.parametrize(
    ("api", "extra", "stay"),
    [
        ("responses", [REASONING, {"role": "assistant", "content": "So it is."}], 2),
        ("responses", [{"type": "web_search_call", "id": "ws_1", "status": "completed"}], 1),
        ("generate", [{"role": "model", "parts": [{"text": "So.", "thoughtSignature": "c2ln"}]}], 1),
        ("generate", [{"role": "model", "parts": [{"text": "Hm.", "thought": True}]}], 1),
        ("messages", [{"role": "user", "content": [{"type": "brand_new", "text": "x"}]}], 1),
    ],
)
def test_reasoning_and_signatures_are_not_left_out(api: Api, extra: list[Any], stay: int) -> None:
    name = TURNS[api]
    found = shortened(api, {"model": MODEL, "max_tokens": 9, name: _long(api, extra)})
    assert found is not None
    left = json.loads(found)[name]
    assert len(left) < 30, "the window has cut"
    assert [turn for turn in left if turn in extra] == extra[:stay]


@pytest.mark.parametrize(
    "bound", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"background": True}]
)
def test_of_a_conversation_stored_at_the_provider_only_texts_change(bound: dict[str, Any]) -> None:
    turns = _long("responses", [])
    assert (
        shortened("responses", {"model": MODEL, "input": turns})
        != json.dumps({"model": MODEL, "input": turns}).encode()
    )
    body = {"model": MODEL, "input": turns, **bound}
    assert same("responses", body)
    assert not same("responses", {**body, "instructions": WORDY})


def test_what_is_stored_here_is_sent_as_it_was() -> None:
    assert same(
        "responses", {"model": MODEL, "instructions": WORDY, "input": [{"type": "item_reference", "id": "m"}, USER]}
    )


def _apis_and_agents() -> list[Any]:
    agents = [*native_tools(), *text_tools()[::5]]
    return [pytest.param(api, agent, id=f"{api}, {agent.name}") for api in APIS for agent in agents]


@pytest.mark.parametrize(("api", "agent"), _apis_and_agents())
@pytest.mark.parametrize("level", ["moderate", "aggressive"])
def test_each_turn_begins_with_the_one_before_it_until_a_new_cut(api: Api, agent: Transcript, level: Level) -> None:
    """Byte for byte in what the provider gets, so that its cache of the beginning stays good."""
    before: list[bytes] = []
    cut: int | None = None
    ends = [at + 1 for at, one in enumerate(agent.messages) if one["role"] == "assistant" and at > 1]
    for end in ends[-8:]:
        body = json.dumps(body_of(api, agent.messages[: end - 1], tools=agent.tools)).encode()
        made = format_asker(api).shorten(body, OptimizationSettings(level=level), keep_cut=cut)
        assert made is not None
        found = msgspec.json.decode(made.body, type=dict[str, msgspec.Raw])
        turns = [bytes(turn) for turn in msgspec.json.decode(found[TURNS[api]], type=list[msgspec.Raw])]
        if made.reply.cut == cut:
            assert turns[: len(before)] == before
        before, cut = turns, made.reply.cut


@pytest.mark.parametrize("api", APIS)
def test_recorded_agents_keep_their_prompts(api: Api) -> None:
    """Tools, schemas and instructions of real clients arrive as they came, at every level."""
    found = bodies(*FOLDERS[api])
    if not found:
        pytest.skip("The recordings of clients are not here.")
    for name, sent in found:
        body = {"max_tokens": 900, "model": MODEL, **sent}
        data = json.dumps(body, ensure_ascii=False).encode()
        for level in ("conservative", "moderate", "aggressive"):
            made = shortened(api, data, level)
            after = body if made is None else json.loads(made)
            assert {**after, TURNS[api]: 0} == {**body, TURNS[api]: 0}, name
            assert len(after[TURNS[api]]) == len(body[TURNS[api]])


@pytest.mark.parametrize("api", APIS)
def test_a_view_says_what_is_held(api: Api) -> None:
    body = json.dumps({"model": MODEL, "max_tokens": 9, TURNS[api]: _long(api, [])}).encode()
    view = view_of(api, body)
    assert view is not None
    assert view.own is not None
    assert (view.own.held, view.own.whole, view.own.marked) == ((), False, 0)
    assert view.own.body(msgspec.Raw(b"[]"), ()) is None, "nothing is no conversation"
    assert view.own.body(view.raw["messages"], range(41)) == body
    assert ENDPOINTS[api].head(body, {}, "").shortenable


def test_what_was_marked_a_turn_ago_stays_while_it_is_cached() -> None:
    """A client that sets its mark no more, or further to the front, has the provider's cache until that forgets."""
    marked = {"role": "user", "content": [{"type": "text", "text": WORDY, **MARK}]}
    before, after = (
        view_of("messages", json.dumps(message(system=WORDY, messages=turns)).encode())
        for turns in ([marked], [{"role": "user", "content": WORDY}, {"role": "assistant", "content": "So."}, USER])
    )
    assert before is not None
    assert after is not None
    tracker = PrefixCacheTracker(lambda: 0.0)
    tracker.update("org", before, None, 2_000)
    request = Request(
        id="req",
        accepted=0,
        time_ms=0,
        kind="messages",
        principal=Principal(org_id="org", key_id="key"),
        envelope=ENDPOINTS["messages"].head(json.dumps(message()).encode(), {}, ""),
        chat=after,
        overrides=NONE,
        settings=OptimizationSettings(),
    )
    warm = Plan(prefix=tracker.lookup("org", after))
    assert optimize_request(request, warm, load()).held == (0, 1)
    assert optimize_request(request, Plan(), load()).held == ()
