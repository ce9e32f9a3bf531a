"""Conversations replayed call by call: what is saved, whether later tool calls still find their values, and the bill."""

from statistics import median, quantiles
from time import thread_time

from bench.optimizer.client import LEVELS, MODEL, arguments, ask, by_lever, calls, said, saving, sent, spread
from bench.optimizer.data import Messages
from bench.optimizer.ledger import Ledger
from bench.optimizer.tools import AIRLINE, tokens_of
from libs.common.contracts.auth import Level
from libs.common.tokens import count_message
from services.optimizer.domain.plan import WINDOWS
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer

GOALS: dict[Level, float] = {"conservative": 16, "moderate": 31, "aggressive": 42}
KEPT: dict[Level, float] = {"moderate": 98, "aggressive": 97}
DISCOUNTS = (0, 50, 90)
HEAD = ["traffic", "level", "calls", "saved", "with tool definitions", "median", "p90", "arguments kept", "by lever, %"]


def airline(ledger: Ledger, similarity: Similarity, conversations: list[Messages] | None) -> None:
    """tau-bench, every call cold as far as cuts are concerned, beside the guide's literal window.

    The share is of the messages' tokens; beside it stands the share of the prompt's, tool definitions included.
    """
    if conversations is None:
        ledger.unmeasurable("tau airline, every call: saved, arguments kept, ms per 1k tokens, bills")
        return
    lines, per_thousand = [], []
    for level in LEVELS:
        optimizer = Optimizer(similarity, cache_bytes=32_000_000)
        replies, named, kept, literal = [], 0, 0, 0
        for conversation in conversations:
            for messages, answer in calls(conversation):
                started = thread_time()
                reply = ask(optimizer, messages, level, tools=True)
                per_thousand.append((thread_time() - started) * 1e6 / reply.original_tokens)
                replies.append(reply)
                before, after = said(messages), said(sent(messages, reply))
                plain = said(_literal_window(messages, level))
                for value in arguments(answer):
                    if value in before:
                        named += 1
                        kept += value in after
                        literal += value in plain
        share = 100 * kept / named
        middle, high = spread([100 * (1 - r.optimized_tokens / r.original_tokens) for r in replies])
        shown = f"{kept}/{named} = {share:.1f} % (literal window {100 * literal / named:.1f} %)"
        counted = f"{saving(replies, tokens_of(AIRLINE)):.1f} %"
        figures = [f"{saving(replies):.1f} %", counted, f"{middle:.1f} %", f"{high:.1f} %", shown, by_lever(replies)]
        lines.append(["tau airline, every call", level, str(len(replies)), *figures])
        ledger.least(f"tau airline, every call, {level}: saved", saving(replies), GOALS[level])
        if level in KEPT:
            ledger.least(f"tau airline, {level}: tool-argument values kept", share, KEPT[level])
    ledger.show("Conversations", HEAD, lines)
    ledger.most("warm history, p50 per 1k tokens", median(per_thousand), 1, "ms")
    print(
        f"warm history, ms per 1k tokens: p50 {median(per_thousand):.2f}, p95 {quantiles(per_thousand, n=20)[-1]:.2f}"
    )
    _bills(ledger, similarity, conversations)


def agents(ledger: Ledger, similarity: Similarity, histories: list[Messages]) -> None:
    """SWE-agent, every call and the last one; its task is the last user turn before the agent's first."""
    lines = []
    for level in LEVELS if histories else ():
        optimizer = Optimizer(similarity, cache_bytes=32_000_000)
        every, kept = [], []
        for history in histories:
            asked = [messages for messages, _ in calls(history)]
            every.append([ask(optimizer, messages, level) for messages in asked])
            task = _plain(str(asked[0][-1]["content"]))
            pairs = zip(asked, every[-1], strict=True)
            kept += [any(task in _plain(str(m["content"])) for m in sent(messages, reply)) for messages, reply in pairs]
        ledger.least(f"SWE-agent, every call, {level}: task kept", 100 * sum(kept) / len(kept), 100)
        for title, replies in (
            ("every call", [reply for one in every for reply in one]),
            ("last call", [one[-1] for one in every]),
        ):
            middle, high = spread([100 * (1 - r.optimized_tokens / r.original_tokens) for r in replies])
            figures = [f"{saving(replies):.1f} %", "–", f"{middle:.1f} %", f"{high:.1f} %", "–", by_lever(replies)]
            lines.append([f"SWE-agent, {title}", level, str(len(replies)), *figures])
    if lines:
        ledger.show("Agents whose observations are user turns", HEAD, lines)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _bills(ledger: Ledger, similarity: Similarity, conversations: list[Messages]) -> None:
    """Billed tokens against the unpruned conversation, with a provider whose cache holds the last request's beginning."""
    lines = []
    for discount in DISCOUNTS:
        share = 1 - discount / 100
        plain = sum(_bill(one, None, share, similarity)[0] for one in conversations)
        sliding = sum(_bill(one, "literal", share, similarity)[0] for one in conversations)
        line = [f"{discount} %", f"{100 * (sliding / plain - 1):+.1f} %"]
        for level in LEVELS:
            found = [_bill(one, level, share, similarity) for one in conversations]
            billed = 100 * (sum(bill for bill, _ in found) / plain - 1)
            worse = sum(
                bill > _bill(one, None, share, similarity)[0] + 0.5
                for one, (bill, _) in zip(conversations, found, strict=True)
            )
            line.append(f"{billed:+.1f} % ({worse} of {len(found)} dearer)")
            if level == "moderate":
                ledger.most(f"moderate bills against unpruned at {discount} % cached discount", billed, 0, "%")
        lines.append(line)
    ledger.show(
        "Billed tokens against the unpruned conversation",
        ["cached discount", "plain sliding window of 10", *LEVELS],
        lines,
    )


def _bill(conversation: Messages, level: str | None, share: float, similarity: Similarity) -> tuple[float, int]:
    """Billed tokens of every call, and those sent; the gateway's memory of the conversation is played through."""
    optimizer = Optimizer(similarity, cache_bytes=32_000_000)
    billed, whole = 0.0, 0
    last: Messages = []
    cut: int | None = None
    cached = 0
    for messages, _ in calls(conversation):
        if level is None:
            going = messages
        elif level == "literal":
            going = _literal_window(messages, "moderate")
        else:
            held = cut if cached else None
            reply = ask(optimizer, messages, level, keep_cut=held, warm=cached, share=share, tools=True)  # type: ignore[arg-type]
            going, cut = sent(messages, reply), reply.cut
        tokens = [count_message(MODEL, message) for message in going]
        same = 0
        while same < min(len(going), len(last)) and going[same] == last[same]:
            same += 1
        cached = sum(tokens[:same])
        billed += sum(tokens) - (1 - share) * cached
        whole += sum(tokens)
        last = going
    return billed, whole


def _literal_window(messages: Messages, level: Level) -> Messages:
    """The system messages and the last messages, so many of them, as the guide's table says and no more."""
    system = [message for message in messages if message["role"] == "system"]
    return [*system, *[message for message in messages if message["role"] != "system"][-WINDOWS[level] :]]
