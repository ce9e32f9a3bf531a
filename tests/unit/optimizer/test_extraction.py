"""Documents that have nothing to do with the question go; where that could do harm, none does."""

import json

import msgspec
import pytest

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeRequest
from services.optimizer.domain.documents import documents
from services.optimizer.domain.extraction import extract
from tests.fixtures.similarity import LIKENESS, optimizer

TOPICS = ("tides", "violins", "glaciers", "bakeries", "railways", "orchids", "comets", "harbours")
QUESTION = "Question: What do violins need in winter?"


def passage(topic: str) -> str:
    return (
        f"The {topic} of the north are old. " + f"Many {topic} need care in winter, and {topic} are seldom seen. " * 10
    )


def numbered(topics: tuple[str, ...] = TOPICS, question: str = QUESTION) -> str:
    heads = "\n".join(f"Document [{i}] {passage(topic)}" for i, topic in enumerate(topics, 1))
    return f"Answer from the documents.\n\n{heads}\n\n{question}"


def count(text: str) -> int:
    return len(text.split())


def run(text: str, before: str | None = None) -> tuple[str, str]:
    found = extract(text, before, (), count, LIKENESS.nearness)
    return found.text, found.gate


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"<document id='{i}'>text {i}</document>\n" for i in range(4)) + "So?",
        "".join(f"Document [{i}] text\n" for i in range(1, 5)) + "\nSo?",
        "".join(f"[{i}] text\n\nmore\n" for i in range(1, 5)) + "\nSo?",
        "".join(f"### Source {i}\ntext\n" for i in range(1, 5)) + "\nSo?",
        "".join(f"Passage {i}: text\n" for i in range(1, 5)) + "\nSo?",
    ],
)
def test_documents_are_found(text: str) -> None:
    found = documents(text)
    assert len(found) == 4
    assert text[found[-1].end :].endswith("So?")


@pytest.mark.parametrize("text", ["No documents.", "Items 1, 2 and 3.", "Document 1 refers to Document 7.", "[3] note"])
def test_mentions_are_no_documents(text: str) -> None:
    assert len(documents(text)) < 4


def test_the_best_stay_with_their_numbers_and_the_rest_is_counted() -> None:
    text = numbered()
    after, gate = run(text)
    assert gate == ""
    assert "Document [2] The violins" in after
    assert after.count("Document [") == 3
    assert "[5 of 8 documents left out: unrelated to the question.]" in after
    assert after.startswith("Answer from the documents.\n\n")
    assert after.endswith(QUESTION)
    assert run(after) == (after, "")


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        (numbered(question="Question: Summarise the documents."), "the task may need every document"),
        (numbered(question="Which of all these need care?"), "the task may need every document"),
        (numbered(question="Compare violins and comets. Which is older?"), "the task may need every document"),
        (numbered(question="Question: How many documents name violins?"), "the task may need every document"),
        (numbered(question="Translate: what do violins need?"), "the task may need every document"),
        (numbered(TOPICS[:3]), ""),
        (
            "\n".join(f"Document [{i}] short" for i in range(1, 9)) + f"\n\n{QUESTION}",
            "the documents have fewer than 800 tokens",
        ),
        (numbered(question="Think. " * 60), "no question was found"),
    ],
)
def test_gates(text: str, gate: str) -> None:
    assert run(text) == (text, gate)


def test_what_was_asked_since_keeps_its_documents_too() -> None:
    text = numbered()
    found = extract(text, None, ("And what about comets?",), count, LIKENESS.nearness).text
    assert "Document [2] The violins" in found
    assert "Document [7] The comets" in found
    assert len(found) < len(text)


def test_the_question_may_be_the_turn_before() -> None:
    results = "\n".join(f"Result {i}: {passage(topic)}" for i, topic in enumerate(TOPICS, 1))
    after, _ = run(results, "Hello. What do violins need in winter?")
    assert "Result 2: The violins" in after
    assert len(after) < len(results)


@pytest.mark.parametrize(
    ("level", "extraction", "shorter"),
    [("conservative", True, False), ("moderate", False, False), ("moderate", True, True), ("aggressive", False, True)],
)
def test_it_runs_where_it_was_asked_for(level: str, extraction: bool, shorter: bool) -> None:
    text = numbered().replace("care in winter", "a great amount of care in winter")
    request = OptimizeRequest(
        model="gpt-4o",
        messages=msgspec.Raw(json.dumps([{"role": "user", "content": text}]).encode()),
        settings=OptimizationSettings(level=level, extraction=extraction),
    )
    reply = optimizer().answer(request)
    assert ("left out" in bytes(reply.messages).decode()) is shorter
    assert ("pruning" in [lever.lever for lever in reply.levers]) is shorter
