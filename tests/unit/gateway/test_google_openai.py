"""What comes back from Gemini: answers, usage, finish reasons and errors."""

import json
from typing import Any

import msgspec
import pytest

from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Kept, Whole
from services.gateway.translate.google import GOOGLE
from services.gateway.translate.openai_answer import Answer

MODEL = "gemini-4-argon"
COUNTS = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}


def read(reply: Any) -> Whole:
    return GOOGLE.answer(json.dumps(reply).encode(), model=MODEL, request_id="req_1", created=1700000000)


def candidate(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **more}


def choice(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read({"candidates": [candidate(*parts, finish=finish, **more)]}).body)[
        "choices"
    ][0]
    return found


def test_a_plain_answer() -> None:
    whole = read(
        {
            "candidates": [candidate({"text": "Hel"}, {"text": "lo", "thoughtSignature": "AAAA"}, index=0)],
            "usageMetadata": {**COUNTS, "cachedContentTokenCount": 4},
            "modelVersion": "gemini-4-argon-001",
            "responseId": "r1",
        }
    )
    assert json.loads(whole.body) == {
        "id": "chatcmpl-r1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gemini-4-argon-001",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
                "native_finish_reason": "STOP",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }
    assert whole.kept == {}
    assert msgspec.json.decode(whole.body, type=Answer).call_ids == []


def test_what_google_leaves_out() -> None:
    found = json.loads(read({"candidates": [{}], "usageMetadata": None, "promptFeedback": {}}).body)
    assert (found["id"], found["model"]) == ("chatcmpl-req_1", MODEL)
    assert found["choices"][0]["message"]["content"] == ""
    assert found["choices"][0]["finish_reason"] == "stop"
    assert "usage" not in found


def test_thoughts_stand_beside_the_content() -> None:
    message = choice({"text": "Hm", "thought": True}, {"text": "."}, {"text": "…", "thought": True})["message"]
    assert (message["reasoning_content"], message["content"]) == ("Hm…", ".")


def test_calls_with_their_signatures() -> None:
    whole = read(
        {
            "candidates": [
                candidate(
                    {"text": "Let me see."},
                    {"functionCall": {"id": "g1", "name": "f", "args": {"city": "Malmö"}}, "thoughtSignature": "c2ln"},
                    {"functionCall": {"name": "g"}},
                    {"functionCall": {"id": "g1", "name": "f", "args": {}}},
                )
            ]
        }
    )
    made = json.loads(whole.body)["choices"][0]
    first, second, third = made["message"]["tool_calls"]
    assert first == {
        "id": "g1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"city":"Malmö"}'},
        "extra_content": {"google": {"thought_signature": "c2ln"}},
    }
    assert second["function"] == {"name": "g", "arguments": "{}"}
    assert "extra_content" not in second
    assert len({first["id"], second["id"], third["id"]}) == 3
    assert second["id"].startswith("call_")
    assert len(second["id"]) == len("call_") + 24
    assert made["message"]["content"] == "Let me see."
    assert made["finish_reason"] == "tool_calls"
    assert whole.kept == {
        "g1": Kept(served_model=MODEL, signature="c2ln"),
        second["id"]: Kept(served_model=MODEL),
        third["id"]: Kept(served_model=MODEL),
    }


def test_a_message_of_calls_only_has_no_content() -> None:
    assert choice({"functionCall": {"name": "f"}})["message"]["content"] is None


def test_ids_depend_on_the_request_and_on_nothing_else() -> None:
    reply = {"candidates": [candidate({"functionCall": {"name": "f"}})]}
    assert read(reply) == read(reply)
    other = GOOGLE.answer(json.dumps(reply).encode(), model=MODEL, request_id="req_2", created=0)
    assert other.kept.keys() != read(reply).kept.keys()


def test_a_signature_after_its_calls_is_the_first_ones() -> None:
    calls = [{"functionCall": {"id": name, "name": "f"}} for name in ("a", "b")]
    late = {"text": "", "thoughtSignature": "bGF0ZQ=="}
    whole = read({"candidates": [candidate(*calls, late)]})
    assert [kept.signature for kept in whole.kept.values()] == ["bGF0ZQ==", None]
    first = json.loads(whole.body)["choices"][0]["message"]["tool_calls"][0]
    assert first["extra_content"] == {"google": {"thought_signature": "bGF0ZQ=="}}
    signed = [{**calls[0], "thoughtSignature": "b3du"}, calls[1]]
    assert read({"candidates": [candidate(*signed, late)]}).kept["a"].signature == "b3du"
    assert read({"candidates": [candidate(calls[0], {"text": "x"}, late)]}).kept["a"].signature is None


@pytest.mark.parametrize(
    ("native", "calls", "finish"),
    [
        ("STOP", False, "stop"),
        ("STOP", True, "tool_calls"),
        (None, True, "tool_calls"),
        ("MAX_TOKENS", False, "length"),
        ("MAX_TOKENS", True, "length"),
        ("CONTINUATION", False, "length"),
        *(
            (reason, False, "content_filter")
            for reason in (
                "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_OTHER IMAGE_RECITATION "
                "IMAGE_PROHIBITED_CONTENT ESCALATION MODEL_ARMOR OTHER PUP_LIMITED_DISABLED"
            ).split()
        ),
        ("SAFETY", True, "content_filter"),
        ("UNEXPECTED_TOOL_CALL", False, "stop"),
        ("SOMETHING_NEW", False, "stop"),
    ],
)
def test_finish_reasons(native: str | None, calls: bool, finish: str) -> None:
    found = choice({"functionCall": {"name": "f"}} if calls else {"text": "x"}, finish=native)
    assert (found["finish_reason"], found["native_finish_reason"]) == (finish, native)


@pytest.mark.parametrize("native", ["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"])
def test_a_broken_answer_may_be_tried_again(native: str) -> None:
    with pytest.raises(Failure) as failure:
        choice(finish=native)
    assert failure.value.kind == "malformed"


def test_a_blocked_prompt_is_an_answer_and_costs_its_tokens() -> None:
    blocked = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7},
    }
    found = json.loads(read(blocked).body)
    assert found["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "", "refusal": None},
            "logprobs": None,
            "finish_reason": "content_filter",
            "native_finish_reason": "SAFETY",
        }
    ]
    assert (found["usage"]["prompt_tokens"], found["usage"]["completion_tokens"]) == (7, 0)


def test_several_candidates_are_several_choices() -> None:
    call = {"functionCall": {"id": "same", "name": "f"}}
    whole = read({"candidates": [candidate(call), candidate(call, index=1), candidate({"text": "c"}, index=2)]})
    choices = json.loads(whole.body)["choices"]
    assert [found["index"] for found in choices] == [0, 1, 2]
    assert [found["finish_reason"] for found in choices] == ["tool_calls", "tool_calls", "stop"]
    assert len(whole.kept) == 2


def test_logprobs() -> None:
    chosen = [{"token": "é", "tokenId": 1, "logProbability": -0.5}, {"token": "x", "logProbability": -1}]
    tops = [{"candidates": [{"token": "é", "logProbability": -0.5}, {"token": "a", "logProbability": -2}]}]
    found = choice({"text": "éx"}, logprobsResult={"chosenCandidates": chosen, "topCandidates": tops})["logprobs"]
    first, second = found["content"]
    assert (first["token"], first["logprob"], first["bytes"]) == ("é", -0.5, [0xC3, 0xA9])
    assert [top["token"] for top in first["top_logprobs"]] == ["é", "a"]
    assert second["top_logprobs"] == []


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((10, None, 5, None, None, 15), (10, 5, 0)),
        ((10, 4, 5, 20, None, 35), (10, 25, 20)),
        # The total leaves no room for thoughts: they are among the candidates' tokens.
        ((10, 4, 25, 20, None, 35), (10, 25, 20)),
        ((10, None, 5, 20, 7, 42), (17, 25, 20)),
        ((10, None, 25, 20, 7, 42), (17, 25, 20)),
        ((10, None, None, 20, None, 30), (10, 20, 20)),
        ((10, None, 5, 20, None, None), (10, 25, 20)),
        ((10, None, None, None, None, 10), (10, 0, 0)),
    ],
)
def test_usage(counts: tuple[int | None, ...], expected: tuple[int, int, int]) -> None:
    names = (
        "promptTokenCount cachedContentTokenCount candidatesTokenCount thoughtsTokenCount toolUsePromptTokenCount "
        "totalTokenCount"
    ).split()
    reply = {"candidates": [candidate({"text": "x"})], "usageMetadata": dict(zip(names, counts, strict=True))}
    usage = msgspec.json.decode(read(reply).body, type=Answer).counted
    assert usage is not None
    classes = usage.classes()
    assert (classes.input, classes.output, classes.output_reasoning) == expected
    assert classes.cache_read == (counts[1] or 0)
    assert json.loads(read(reply).body)["usage"]["total_tokens"] == expected[0] + expected[1]


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"",
        b"[]",
        b"{}",
        b'{"candidates": []}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": {"args": {}}}]}}]}',
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(Failure) as failure:
        GOOGLE.answer(data, model=MODEL, request_id="r", created=0)
    assert failure.value.kind == "malformed"


def test_an_error_under_a_status_of_success() -> None:
    with pytest.raises(Failure) as failure:
        read([{"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}])
    assert (failure.value.kind, failure.value.status, failure.value.code) == ("status", 503, "unavailable")


INFO = "type.googleapis.com/google.rpc."
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def violated(quota: str) -> dict[str, Any]:
    return {"@type": INFO + "QuotaFailure", "violations": [{"quotaMetric": "x/requests", "quotaId": quota}]}


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"message": "Bad.", "status": "INVALID_ARGUMENT"}, (400, "invalid_argument", None)),
        (400, {"message": "No.", "status": "FAILED_PRECONDITION"}, (400, "failed_precondition", None)),
        (
            400,
            {
                "message": "x",
                "status": "INVALID_ARGUMENT",
                "details": [{"@type": INFO + "ErrorInfo", "reason": "API_KEY_INVALID"}],
            },
            (401, "invalid_api_key", None),
        ),
        (
            400,
            {"message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"},
            (401, "invalid_api_key", None),
        ),
        (403, {"message": "No.", "status": "PERMISSION_DENIED"}, (403, "permission_denied", None)),
        (404, {"message": "No such model.", "status": "NOT_FOUND"}, (404, "not_found", None)),
        (
            400,
            {
                "message": "The input token count (9) exceeds the maximum number of tokens allowed (8).",
                "status": "INVALID_ARGUMENT",
            },
            (400, "context_length_exceeded", None),
        ),
        (
            429,
            {
                "message": QUOTA,
                "status": "RESOURCE_EXHAUSTED",
                "details": [violated("RequestsPerMinute"), {"@type": INFO + "RetryInfo", "retryDelay": "27s"}],
            },
            (429, "resource_exhausted", 27.0),
        ),
        (
            429,
            {"message": QUOTA, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "0.5s"}]},
            (429, "resource_exhausted", 0.5),
        ),
        (
            429,
            {
                "message": QUOTA,
                "status": "RESOURCE_EXHAUSTED",
                "details": [violated("GenerateRequestsPerDay-FreeTier")],
            },
            (402, "insufficient_quota", 3.0),
        ),
        (
            429,
            {"message": "x", "status": "RESOURCE_EXHAUSTED", "details": [violated("BillingAccountLimit")]},
            (402, "insufficient_quota", 3.0),
        ),
        (429, {"message": "Suspended for a while.", "status": "RESOURCE_EXHAUSTED"}, (429, "resource_exhausted", 3.0)),
        (500, {"message": "Oh.", "status": "INTERNAL", "details": "?"}, (500, "internal", None)),
        (
            503,
            {"message": "Overloaded.", "status": "UNAVAILABLE", "details": [1, {"retryDelay": "soon"}]},
            (503, "unavailable", None),
        ),
        (504, {"message": "Late.", "status": "DEADLINE_EXCEEDED"}, (504, "deadline_exceeded", None)),
        (502, None, (502, None, None)),
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_errors(status: int, error: Any, expected: tuple[int, str | None, float | None], listed: bool) -> None:
    body = {"error": {"code": status, **error}} if error is not None else {}
    content = json.dumps([body] if listed else body).encode()
    failure = GOOGLE.failure(status, {"retry-after": "3"} if status == 429 else {}, content)
    assert failure.kind == "status"
    assert (failure.status, failure.code, failure.retry_after) == expected
    assert failure.message == (error["message"] if error is not None else "Status 502.")


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"null", b'{"error": {"message": []}}', b"\xff"])
def test_an_error_that_cannot_be_read_is_still_its_status(content: bytes) -> None:
    failure = GOOGLE.failure(503, {}, content)
    assert (failure.status, failure.code, failure.message) == (503, None, "Status 503.")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Key AIzaSyD-abc_DEF123 is wrong.", "Key AIza… is wrong."),
        ("Key AQ.Ab8RN6abc-def is wrong.", "Key AQ.… is wrong."),
        ("Not used in project 123456789 before.", "Not used in project … before."),
        ("See projects/123456789/x?project=123456789", "See projects/…/x?project=…"),
        ("consumer 'project_number:123456789'", "consumer 'project_number:…'"),
        ("Project number 5 of the project is fine.", "Project number … of the project is fine."),
        ("A prompt of 123456789 tokens.", "A prompt of 123456789 tokens."),
    ],
)
def test_messages_name_no_key_and_no_project(message: str, shown: str) -> None:
    content = json.dumps({"error": {"message": message}}).encode()
    assert GOOGLE.failure(400, {}, content).message == shown
