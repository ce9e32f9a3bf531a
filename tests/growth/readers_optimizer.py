"""Readers of the optimizer: its steps by themselves, and whole requests."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OptimizeRequest, TextRequest
from services.optimizer.domain import (
    articles,
    conversation_summary,
    documents,
    english,
    evidence,
    extraction,
    kinds,
    marks,
    minify,
    repeats,
    said,
    spans,
    tables,
    whitespace,
    wording,
)
from services.optimizer.domain.calls import Call
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.results import ToolResultTruncation
from tests.fixtures.similarity import LIKENESS, optimizer
from tests.growth.reader import MODEL, TURN, Reader, pieces, talk, tools


def steps() -> Iterator[Reader]:
    yield Reader("kinds", lambda text: (kinds.segments(text), kinds.not_prose(text), kinds.kinds(text)))
    yield Reader("is_json", kinds.is_json)
    yield Reader("a line of code", evidence.is_code)
    yield Reader("data", lambda text: evidence.is_data(text.splitlines()))
    yield Reader("layout", lambda text: evidence.is_layout(text.splitlines()))
    yield Reader("sentences", lambda text: evidence.reads(text.splitlines()))
    yield Reader(
        "one line of evidence",
        lambda text: (evidence.is_data([text]), evidence.is_layout([text]), evidence.reads([text])),
    )
    yield Reader("quoted", spans.quoted)
    yield Reader("words to be said", said.said)
    yield Reader("json in a text", spans.json_spans)
    yield Reader("protected", lambda text: spans.merge(spans.protected(text)))
    yield Reader("blanks", lambda text: whitespace.strip_whitespace(text, (), inner=True))
    yield Reader("repeats", lambda text: repeats.once(text, ()))
    yield Reader("minify", minify.minify)
    yield Reader("tables", tables.tabulate)
    yield Reader("phrases", lambda text: (wording.MODERATE.edits(text), wording.AGGRESSIVE.edits(text)))
    yield Reader("phrases are meant", wording.ABOUT_WORDING.search)
    yield Reader("bold", marks.unmark)
    yield Reader("articles", articles.articles)
    yield Reader("english", lambda text: (english.is_english(text), english.may_be_english(text)))
    yield Reader("guard", lambda text: preserves(text, text[: len(text) // 2], spans.quoted(text)))
    yield Reader("values", lambda text: list(conversation_summary.find_values(text)))
    yield Reader("documents", lambda text: documents.around(text, documents.documents(text)))
    yield Reader("subject", documents.subject)
    yield Reader("extraction", _extracted)
    yield Reader(
        "a question for documents",
        lambda text: extraction.extract(_PASSAGES + text, text, (text,), len, LIKENESS.nearness),
        slow=True,
        seldom=True,
    )
    yield Reader("similarity", lambda text: LIKENESS.between(text, text + " x"))
    yield Reader("arguments", lambda text: (Call("look", text).reads(), Call("look", text).shown()))
    yield Reader("old results", ToolResultTruncation(whole=1, head=20, values=20).truncate)


def _extracted(text: str) -> object:
    many = [f"<document>{text[at : at + 2_000]}</document>\n" for at in range(0, len(text), 2_000)]
    return extraction.extract("".join(many) + "Who wrote the book?", None, (), len, LIKENESS.nearness)


_PASSAGES = "".join(
    f"<document>The town of Number{n} lies at a river, and its people build boats. {'They sell them in spring. ' * 12}</document>\n"
    for n in range(6)
)


def requests() -> Iterator[Reader]:
    yield Reader("instructions, all levers", partial(_optimize, _one("system")), slow=True)
    yield Reader("instructions, moderate", partial(_optimize, _one("system"), level="moderate"), slow=True)
    yield Reader("a user's turn", partial(_optimize, _one("user")), slow=True)
    yield Reader(
        "a text by itself",
        lambda text: optimizer().shorten(TextRequest(text=text, similarity_threshold=0.5)),
        slow=True,
    )
    yield Reader("turns by turns", partial(_optimize, talk(TURN)), slow=True)
    yield Reader("turns by turns, moderate", partial(_optimize, talk(TURN), level="moderate"), slow=True)
    yield Reader("a warm talk", partial(_optimize, talk(TURN), warm_tokens=400, keep_cut=0), slow=True)
    yield Reader("a few long turns", partial(_optimize, talk(4_000)), slow=True)
    yield Reader("tools and their results", partial(_optimize, tools(TURN)), slow=True)
    yield Reader("a long result", partial(_optimize, tools(1 << 30)), slow=True)
    yield Reader("instructions again and again", partial(_optimize, _again), slow=True)
    yield Reader("each turn a text", partial(_optimize, _users), slow=True)
    yield Reader("what tools are described with", _described, slow=True)
    yield Reader("a wish about a picture", _looked_at, slow=True)


def _optimize(
    messages: Callable[[str], list[dict[str, Any]]], text: str, level: Level = "aggressive", **warm: Any
) -> object:
    return optimizer().answer(
        OptimizeRequest(
            model=MODEL,
            messages=msgspec.Raw(msgspec.json.encode(messages(text))),
            settings=OptimizationSettings(level=level, extraction=True, tool_definitions="on", images="on"),
            explain=True,
            **warm,
        )
    )


def _described(text: str) -> object:
    return _optimize(talk(TURN), "Go on.", definitions=(text, *pieces(text, TURN)))


def _looked_at(text: str) -> object:
    def made(asked: str) -> list[dict[str, Any]]:
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{asked}"}}
        return [{"role": "user", "content": [{"type": "text", "text": asked}, picture]}]

    return _optimize(made, text)


def _one(role: str) -> Callable[[str], list[dict[str, Any]]]:
    def made(text: str) -> list[dict[str, Any]]:
        said = {"role": role, "content": text}
        return [said] if role == "user" else [said, {"role": "user", "content": "Go on."}]

    return made


def _users(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": piece} for piece in [*pieces(text, TURN * 4), "Who wrote the book?"]]


def _again(text: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": piece} for piece in pieces(text, TURN)] + [
        {"role": "user", "content": "Go on."}
    ]
