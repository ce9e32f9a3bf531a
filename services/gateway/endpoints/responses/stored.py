"""Responses as they are stored, and as they are shown and gone on with later."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from services.gateway.domain.stored_response import Conversation, StoredResponse
from services.gateway.formats.blocks import Ask, Reasoning, Turn
from services.gateway.formats.json_fields import (
    Object,
    as_list,
    as_object,
    as_string,
    bare,
    encode,
    given,
    number,
    string,
)

_LIMIT = re.compile(r"[0-9]{1,6}")
_USUAL, _MOST = 20, 100  # items in a page
# Items of requests are numbered from here on, behind all that a response can hold.
_FIRST_INPUT = 100_000
_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}
_ENCRYPTED = ["reasoning.encrypted_content"]


def entry(conversation: Conversation, top: Object, body: bytes) -> StoredResponse:
    """What to keep of a response. `body` is the response as it is kept: with its reasoning sealed, whatever the client gets."""
    response = msgspec.json.decode(body, type=dict[str, Raw])
    output = tuple(as_list(response.pop("output", Raw(b"[]")), "output"))
    return StoredResponse(
        id=conversation.response_id,
        parent=conversation.parent,
        root=conversation.root or conversation.response_id,
        model=string(response, "model") or "",
        created=int(number(response, "created_at") or 0),
        head=encode(response),
        input=_input(conversation, top),
        output=output,
    )


def shown(stored: StoredResponse) -> bytes:
    """The response object that a client gets which looks for it later. Sealed reasoning is not in it."""
    head = msgspec.json.decode(stored.head, type=dict[str, Raw])
    output = [encode(_without(item, "encrypted_content")) for item in stored.output]
    return msgspec.json.encode({**head, "output": output})


def by_id(stored: Iterable[StoredResponse]) -> dict[str, Raw]:
    """All items of these responses by their ids."""
    found: dict[str, Raw] = {}
    for response in stored:
        for item in (*response.input, *response.output):
            if (name := string(as_object(item, "item"), "id")) is not None:
                found[name] = item
    return found


def gone_on_with(chain: Iterable[StoredResponse]) -> tuple[Raw, ...]:
    """The items of a chain, the first response first. Ids are left out: a provider would look for what it never stored."""
    return tuple(
        encode(_without(item, "id")) for response in chain for item in (*response.input, *response.output) if item
    )


def expanded(ask: Ask) -> Ask:
    """A request that holds its whole conversation, for a provider that stores nothing of it. Reasoning that nobody can read goes."""
    top = {name: value for name, value in ask.extras.items() if name != "previous_response_id"}
    turns = tuple(_sendable(turn) for turn in ask.turns if not _unreadable(turn))
    return msgspec.structs.replace(ask, turns=turns, extras={**top, "store": Raw(b"false")})


def with_reasoning(ask: Ask) -> Ask:
    """The request, so that its answer's reasoning can be sent back. OpenAI refuses that for models that do not reason."""
    include = msgspec.json.decode(ask.extras["include"]) if given(ask.extras, "include") else []
    wanted = encode([*include, *(name for name in _ENCRYPTED if name not in include)])
    return msgspec.structs.replace(ask, extras={**ask.extras, "include": wanted})


def items_page(items: list[Raw], query: Mapping[str, str]) -> bytes:
    """A page of items as `/input_items` lists them: the newest first unless `order` says `asc`, `limit` of them, after `after`."""
    listed = items if query.get("order") == "asc" else items[::-1]
    names = [string(as_object(item, "item"), "id") or "" for item in listed]
    begin = names.index(query["after"]) + 1 if query.get("after") in names else 0
    limit = int(query["limit"]) if _LIMIT.fullmatch(query.get("limit", "")) else _USUAL
    end = begin + min(max(limit, 1), _MOST)
    page = [encode(_without(item, "encrypted_content")) for item in listed[begin:end]]
    shown_names = names[begin:end] or [""]
    return msgspec.json.encode(
        {
            "object": "list",
            "data": page,
            "first_id": shown_names[0] or None,
            "last_id": shown_names[-1] or None,
            "has_more": end < len(listed),
        }
    )


def _input(conversation: Conversation, top: Object) -> tuple[Raw, ...]:
    """The request's own items, each with an id, and in full those that it only named."""
    if not given(top, "input"):
        return ()
    if bare(top["input"]):
        text = {"type": "input_text", "text": as_string(top["input"], "input")}
        listed = [encode({"type": "message", "role": "user", "content": [text]})]
    else:
        listed = as_list(top["input"], "input")
    own = conversation.response_id.removeprefix("resp_")
    found = []
    for at, raw in enumerate(listed):
        item = as_object(raw, f"input[{at}]")
        named = conversation.stored.get(string(item, "id") or "")
        if named is not None and string(item, "type") in (None, "item_reference"):
            item = as_object(named, f"input[{at}]")
        prefix = _PREFIXES.get(string(item, "type") or "message", "item")
        found.append(encode({**item, "id": f"{prefix}_{own}_{_FIRST_INPUT + at}"}))
    return tuple(found)


def _unreadable(turn: Turn) -> bool:
    """Whether a turn is nothing but reasoning without the form in which a provider would take it back."""
    item = turn.rest.get("item")
    if len(turn.blocks) != 1 or not isinstance(block := turn.blocks[0], Reasoning) or block.sealed:
        return False
    return item is None or not given(as_object(item, "item"), "encrypted_content")


def _sendable(turn: Turn) -> Turn:
    """A turn without an id of ours."""
    item = turn.rest.get("item")
    if item is None:
        return turn
    return msgspec.structs.replace(turn, rest={**turn.rest, "item": encode(_without(item, "id"))})


def _without(item: Raw, name: str) -> dict[str, Any]:
    return {field: value for field, value in as_object(item, "item").items() if field != name}
