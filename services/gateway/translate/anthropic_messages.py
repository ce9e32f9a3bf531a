"""OpenAI's messages as Anthropic's system blocks and turns, with every call answered and every answer asked for."""

import re
from typing import Any, Literal

import msgspec

from services.gateway.translate.anthropic_content import Block, blocks, read, text
from services.gateway.translate.dialect import Asked
from services.gateway.translate.fields import is_object

# What stands where Anthropic insists on a user turn and the client has written none.
_NOTHING = "."
_NO_RESULT = "This call has no result."
_ORPHAN = "Result of an earlier tool call:"
_CONTINUE = (
    "Your answer begins with the text below, which the reader has already. "
    "Go on directly from its last character, and do not repeat any of it.\n\n"
)


_NULL = msgspec.Raw(b"null")


class _Function(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    arguments: msgspec.Raw = _NULL
    input: Any = None


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    id: str | None = None
    function: _Function | None = None
    custom: _Function | None = None


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[Block] | None = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: _Function | None = None
    tool_call_id: str | None = None
    thinking_blocks: Any = None


class Turn(msgspec.Struct, kw_only=True):
    """One turn: blocks, and beside them the thinking that came before its calls (None: it cannot be had). An instruction in
    the middle of the conversation is a turn of the system's, for models that take it there.
    """

    role: Literal["user", "assistant", "system"]
    content: list[Block] = []
    thinking: list[Block] | None = []

    @property
    def types(self) -> set[str]:
        """The kinds of its blocks."""
        return {block["type"] for block in self.content}


def conversation(asked: Asked) -> tuple[list[Block], list[Turn]]:
    """System blocks, and turns that alternate, begin with the user's, and pair each call with one result."""
    system: list[Block] = []
    turns: list[Turn] = []
    in_place = asked.known is not None and asked.known.can("mid_conversation_system")
    for at, message in enumerate(read(asked.messages, list[_Message], "messages")):
        field = f"messages[{at}].content"
        if message.role in ("developer", "system"):
            said = blocks(message.content, field, only_text=True)
            if said and turns and in_place:
                _turn(turns, "system").content += said
            else:
                system += said
        elif message.role == "assistant":
            _add_assistant(turns, message, field, asked)
        elif message.role == "user":
            _turn(turns, "user").content += blocks(message.content, field)
        else:
            _results(turns).content.append(_result(message, field))
    if not turns or turns[0].role == "assistant":
        turns.insert(0, Turn(role="user"))
    last = max(at for at, turn in enumerate(turns) if turn.role != "system")
    if "tool_use" in turns[last].types:
        turns.insert(last + 1, Turn(role="user"))
    if turns[-1].role == "system" and _spoken(turns)[-1].role == "assistant":
        turns.append(Turn(role="user"))  # an instruction is no turn to answer
    _pair(turns)
    for turn in turns:
        turn.content = turn.content or [text(_NOTHING)]
    return system, turns


def tool_names(turns: list[Turn]) -> list[str]:
    """The tools that were called, each once, in the order of their first call."""
    calls = (block for turn in turns for block in turn.content if block["type"] == "tool_use")
    return list(dict.fromkeys(block["name"] for block in calls))


def remembers_thinking(turns: list[Turn]) -> bool:
    """Whether every call that is still being worked on has the thinking that came before it."""
    return all(turn.thinking for turn in _loop(turns) if "tool_use" in turn.types)


def restore_thinking(turns: list[Turn]) -> None:
    """Put thinking back before the calls that are still being worked on.

    A block is valid only after the very blocks that came before it. Older turns never get theirs, because those of
    plain answers are not kept; and where one of the loop's turns has lost its own, none of the loop's goes out.
    """
    loop = _loop(turns)
    if all(turn.thinking is not None for turn in loop):
        for turn in loop:
            turn.content = [*(turn.thinking or ()), *turn.content]


def settle_ending(turns: list[Turn], *, prefill: bool) -> None:
    """Make a last turn of the assistant's one that Anthropic takes: without `prefill`, an instruction to go on from it."""
    last = turns[-1]
    if last.role != "assistant":
        return
    if prefill:
        last.content[-1]["text"] = last.content[-1]["text"].rstrip()
        return
    turns.pop()
    said = "".join(block["text"] for block in last.content if block["type"] == "text")
    turns[-1].content.append(text(_CONTINUE + said.rstrip()))


def _turn(turns: list[Turn], role: Literal["user", "assistant", "system"]) -> Turn:
    if not turns or turns[-1].role != role:
        turns.append(Turn(role=role))
    return turns[-1]


def _spoken(turns: list[Turn]) -> list[Turn]:
    """The turns of the user and the assistant."""
    return [turn for turn in turns if turn.role != "system"]


def _results(turns: list[Turn]) -> Turn:
    """The user's turn that a result belongs into: right after the call's, whatever instruction stands between the two."""
    at = len(turns)
    while at and turns[at - 1].role == "system":
        at -= 1
    if not at or turns[at - 1].role == "assistant":
        turns.insert(at, Turn(role="user"))
        return turns[at]
    return turns[at - 1]


def _loop(turns: list[Turn]) -> list[Turn]:
    """The assistant's turns after the last one in which the user said something new."""
    loop: list[Turn] = []
    for turn in reversed(_spoken(turns)):
        if turn.role == "assistant":
            loop.append(turn)
        elif "tool_result" not in turn.types:
            break
    return loop


def _add_assistant(turns: list[Turn], message: _Message, field: str, asked: Asked) -> None:
    said = blocks(message.content, field, only_text=True) or blocks(message.refusal, field)
    calls = list(message.tool_calls or ())
    if message.function_call is not None:
        calls.append(_Call(id=message.function_call.name, function=message.function_call))
    uses = [use for call in calls if (use := _use(call)) is not None]
    if not said and not uses:
        return
    if turns and turns[-1].role == "system" and any(turn.role == "assistant" for turn in _spoken(turns)[-1:]):
        _results(
            turns
        )  # two of the assistant's turns with only an instruction between them would leave its calls unanswered
    turn = _turn(turns, "assistant")
    turn.content += [*said, *uses]
    if uses:
        thinking = _thinking(message, calls, asked)
        turn.thinking = None if turn.thinking is None or thinking is None else [*turn.thinking, *thinking]


def _use(call: _Call) -> Block | None:
    function = call.function or call.custom
    if function is None:
        return None
    given = _input(function.arguments) if call.function else {"_raw": function.input}
    return {"type": "tool_use", "id": call.id or "", "name": function.name, "input": given}


def _input(arguments: msgspec.Raw) -> msgspec.Raw | dict[str, Any]:
    """A call's arguments as the object that they have to be, digit for digit; what is none is wrapped, so that nothing is lost."""
    if is_object(arguments):
        return arguments
    said = msgspec.json.decode(arguments)
    if not isinstance(said, str) or not said.strip():
        return {}
    return msgspec.Raw(said.encode()) if is_object(said.encode()) else {"_raw": said}


def _thinking(message: _Message, calls: list[_Call], asked: Asked) -> list[Block] | None:
    """The thinking before these calls: what was kept, or what the client sent back. None: unknown, or another model's."""
    kept = next((known for call in calls if (known := asked.kept.get(call.id or ""))), None)
    if kept is not None and kept.served_model != asked.model:
        return None
    sent = message.thinking_blocks if isinstance(message.thinking_blocks, list) else []
    found: list[Block] = []
    for block in (kept.blocks if kept is not None else []) or sent:
        match block:
            case {"type": "thinking", "thinking": str(), "signature": str(signature)} if signature:
                found.append({name: block[name] for name in ("type", "thinking", "signature")})
            case {"type": "redacted_thinking", "data": str()}:
                found.append({name: block[name] for name in ("type", "data")})
    return found if found or kept is not None else None


def _result(message: _Message, field: str) -> Block:
    """A result, still with the client's id. Anthropic marks the result for the cache, not the blocks in it."""
    result: Block = {"type": "tool_result", "tool_use_id": message.tool_call_id or message.name or ""}
    content = blocks(message.content, field)
    markers = [block.pop("cache_control") for block in content if "cache_control" in block]
    if content:
        result["content"] = content
    if markers:
        result["cache_control"] = markers[-1]
    return result


def _pair(turns: list[Turn]) -> None:
    """Give calls ids of their own, and put their results first in the turn that follows, where Anthropic expects them."""
    taken: dict[str, int] = {}
    waiting: dict[str, list[str]] = {}
    for turn in _spoken(turns):
        if turn.role == "assistant":
            for block in turn.content:
                if block["type"] == "tool_use":
                    sent = _fresh(block["id"], taken)
                    waiting.setdefault(block["id"], []).append(sent)
                    block["id"] = sent
            continue
        results: list[Block] = []
        rest: list[Block] = []
        for block in turn.content:
            if block["type"] != "tool_result":
                rest.append(block)
            elif ids := waiting.get(block["tool_use_id"]):
                results.append({**block, "tool_use_id": ids.pop(0)})
            else:
                rest += [text(_ORPHAN), *block.get("content", ())]
        unanswered = (sent for ids in waiting.values() for sent in ids)
        results += [{"type": "tool_result", "tool_use_id": sent, "content": [text(_NO_RESULT)]} for sent in unanswered]
        turn.content = [*results, *rest]
        waiting = {}


def _fresh(given: str, taken: dict[str, int]) -> str:
    """An id that Anthropic takes and no other call has; the same conversation gives the same ids every time."""
    base = re.sub(r"[^a-zA-Z0-9_-]", "_", given.partition("__thought__")[0]) or "call"
    sent = base
    while sent in taken:
        taken[base] += 1
        sent = f"{base}_{taken[base]}"
    taken[sent] = 1
    return sent
