"""Single prompts and single tool results: what is saved, and whether anything that must stay is gone."""

import json
import re
from collections.abc import Sequence
from time import thread_time

from bench.optimizer.client import LEVELS, ask, by_lever, loses, saving, sent, spread
from bench.optimizer.data import Messages, Sets
from bench.optimizer.ledger import Ledger
from libs.common.contracts.optimizer import TextRequest
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer

THRESHOLDS = (0.9, 0.8)
_NUMBER = re.compile(r"\d[\d.,]*")


def single(ledger: Ledger, similarity: Similarity, sets: Sets) -> None:
    """Prompts by themselves, as /v1/optimize gets them, then as instructions of a chat."""
    found = {"GSM8K question": sets.gsm8k(), "MT-bench turn 1": sets.mt_bench(), "act-as prompt": sets.act_as()}
    lines, lost_in_all = [], 0
    for name, texts in found.items():
        if texts is None:
            ledger.unmeasurable(f"{name}: saved, losses")
            continue
        for threshold in THRESHOLDS:
            line, lost = _alone(similarity, texts, threshold)
            lines.append([name, f"by itself, ≥ {threshold}", str(len(texts)), *line])
            lost_in_all += lost
        for level in LEVELS:
            line, lost = _as_instructions(similarity, texts, level)
            lines.append([name, f"instructions, {level}", str(len(texts)), *line])
            lost_in_all += lost
    ledger.show(
        "Single prompts", ["traffic", "as", "n", "saved", "median", "p90", "ms p50", "losses", "by lever, %"], lines
    )
    ledger.most("prompts that lose a number, negation, name or protected part to rewriting", lost_in_all, 0, "prompts")
    if (questions := found["GSM8K question"]) is not None:
        _numbers(ledger, similarity, questions)


def tool_result(ledger: Ledger, similarity: Similarity, text: str | None) -> None:
    """A tool's JSON, minified and as a table."""
    if text is None:
        ledger.unmeasurable("JSON tool result: minified ≥ 24 %, as a table ≥ 40 %")
        return
    function = {"name": "search_repositories", "arguments": '{"order": "stars"}'}
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    message: Messages = [call, {"role": "tool", "tool_call_id": "1", "content": text}]
    lines = []
    for level, words, goal in (("conservative", "minified", 24), ("moderate", "as a table", 40)):
        reply = ask(Optimizer(similarity, cache_bytes=1_000_000), message, level)  # type: ignore[arg-type]
        after = sent(message, reply)[1]["content"]
        kept = all(
            str(value) in after for row in json.loads(text) for value in row.values() if isinstance(value, int | str)
        )
        lines.append(
            [words, f"{reply.original_tokens} → {reply.optimized_tokens}", f"{saving([reply]):.1f} %", str(kept)]
        )
        ledger.least(f"JSON tool result, {words}", saving([reply]), goal)
    ledger.show(
        "A list of repositories, 15,330 tokens pretty-printed", ["form", "tokens", "saved", "every value kept"], lines
    )


def _alone(similarity: Similarity, texts: Sequence[str], threshold: float) -> tuple[list[str], int]:
    optimizer = Optimizer(similarity, cache_bytes=1_000_000)
    before = after = lost = 0
    shares, times = [], []
    for text in texts:
        started = thread_time()
        reply = optimizer.shorten(TextRequest(text=text, similarity_threshold=threshold))
        times.append(1000 * (thread_time() - started))
        before, after = before + reply.original_tokens, after + reply.compressed_tokens
        shares.append(100 * (1 - reply.compressed_tokens / reply.original_tokens))
        lost += loses(text, reply.text)
    middle, high = spread(shares)
    saved = f"{100 * (1 - after / before):.1f} %"
    return [saved, f"{middle:.1f} %", f"{high:.1f} %", f"{spread(times)[0]:.2f}", str(lost), "–"], lost


def _as_instructions(similarity: Similarity, texts: Sequence[str], level: str) -> tuple[list[str], int]:
    optimizer = Optimizer(similarity, cache_bytes=1_000_000)
    replies, times, lost = [], [], 0
    for text in texts:
        message = [{"role": "system", "content": text}]
        started = thread_time()
        replies.append(ask(optimizer, message, level))  # type: ignore[arg-type]
        times.append(1000 * (thread_time() - started))
        lost += loses(text, sent(message, replies[-1])[0]["content"])
    middle, high = spread([100 * (1 - one.optimized_tokens / one.original_tokens) for one in replies])
    figures = [f"{saving(replies):.1f} %", f"{middle:.1f} %", f"{high:.1f} %", f"{spread(times)[0]:.2f}", str(lost)]
    return [*figures, by_lever(replies)], lost


def _numbers(ledger: Ledger, similarity: Similarity, questions: Sequence[str]) -> None:
    """However far a question is shortened, its numbers and its question sentence's end are there."""
    optimizer = Optimizer(similarity, cache_bytes=1_000_000)
    named = kept = 0
    for question in questions:
        after = _NUMBER.findall(optimizer.shorten(TextRequest(text=question, similarity_threshold=0.0)).text)
        for number in _NUMBER.findall(question):
            named += 1
            if number in after:
                after.remove(number)
                kept += 1
    print(f"GSM8K, shortened as far as it goes: {kept} of {named} numbers kept")
    ledger.most("GSM8K numbers lost", named - kept, 0, "numbers")
