"""What is kept of responses, and how it is shown and gone on with."""

import json
from typing import Any

import pytest
from msgspec import Raw

from libs.common.errors import BadRequest
from services.gateway.domain.stored_response import Conversation, StoredResponse, place, response_id, response_of_item
from services.gateway.endpoints.responses import stored
from services.gateway.endpoints.responses.call_ids import call_ids
from services.gateway.endpoints.responses.collect import response_of

ID = response_id(17, "a" * 32)


def kept(**top: Any) -> StoredResponse:
    body = {"id": ID, "model": "m", "created_at": 12.0, "output": [{"type": "message", "id": "msg_1", "content": []}]}
    fields = {name: Raw(json.dumps(value).encode()) for name, value in top.items()}
    return stored.entry(Conversation(response_id=ID), fields, json.dumps(body).encode())


def test_ids_say_where_a_response_lies() -> None:
    assert ID == "resp_000011" + "a" * 32
    assert place(ID) == ("000011", "a" * 32)
    assert response_of_item(f"msg_{ID.removeprefix('resp_')}_12") == ID
    for other in ("", "resp_1", ID.upper(), f"{ID}0", f"{ID}\n", "resp_" + "g" * 38, f"msg_{ID}_1"):
        assert place(other) is None
        assert response_of_item(other) is None


@pytest.mark.parametrize("said", ["Hello", [{"role": "user", "content": "Hello"}]])
def test_input_gets_ids_and_goes_on_without_them(said: Any) -> None:
    entry = kept(input=said)
    (item,) = [json.loads(bytes(one)) for one in entry.input]
    assert item["id"] == f"msg_{ID.removeprefix('resp_')}_100000"
    assert set(stored.by_id([entry])) == {item["id"], "msg_1"}
    assert not any("id" in json.loads(bytes(one)) for one in stored.gone_on_with([entry, entry]))
    assert (entry.created, entry.root, entry.parent) == (12, ID, None)
    assert json.loads(stored.shown(entry))["output"][0]["id"] == "msg_1"


def test_a_request_without_input_is_kept_without() -> None:
    assert kept().input == ()


def test_input_that_is_no_list_of_objects_is_refused() -> None:
    with pytest.raises(BadRequest):
        kept(input=["text"])


@pytest.mark.parametrize(
    ("query", "names", "more"),
    [
        ({}, ["c", "b", "a"], False),
        ({"order": "asc", "limit": "2"}, ["a", "b"], True),
        ({"after": "c", "limit": "1"}, ["b"], True),
        ({"after": "unknown", "limit": "0"}, ["c"], True),
        ({"limit": "9" * 5000}, ["c", "b", "a"], False),
        ({"limit": "-1"}, ["c", "b", "a"], False),
        ({"after": "a"}, [], False),
    ],
)
def test_pages_of_items(query: dict[str, str], names: list[str], more: bool) -> None:
    items = [Raw(json.dumps({"id": name, "encrypted_content": "x"}).encode()) for name in "abc"]
    page = json.loads(stored.items_page(items, query))
    assert [item["id"] for item in page["data"]] == names
    assert not any("encrypted_content" in item for item in page["data"])
    assert (page["first_id"], page["last_id"]) == ((names[0], names[-1]) if names else (None, None))
    assert page["has_more"] is more


def test_the_calls_that_the_last_items_answer_are_open() -> None:
    earlier = [Raw(b'{"type":"function_call","call_id":"a"}')]
    items = [
        {"type": "function_call_output", "call_id": "a"},
        {"type": "custom_tool_call", "call_id": "b"},
        {"type": "custom_tool_call_output", "call_id": "b"},
    ]
    found = call_ids(earlier, Raw(json.dumps(items).encode()))
    assert (found.all, found.open) == (("a", "b"), ("b",))
    assert call_ids(earlier, Raw(b'"text"')).open == ()
    assert call_ids([], Raw(b'[{"type":7}]')).all == ()


def test_a_stream_s_response_is_in_its_last_event() -> None:
    frame = (
        'event: response.completed\ndata: {"type":"response.completed","sequence_number":3,"response":{"id":"r"}}\n\n'
    )
    assert response_of(frame.encode()) == b'{"id":"r"}'
    assert response_of(b'event: response.created\ndata: {"type":"response.created","response":{}}\n\n') is None
    assert response_of(b'data: {"type":"response.completed","response":[]}\n\n') is None
