"""What the optimizer saves, keeps and costs on real traffic: python -m bench.optimizer [folder of the data]

Prints a table per class of traffic and level. Conversations are replayed call by call, not only at their end. A goal
whose data is not at hand prints `not measurable here`.
"""

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Literal

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeReply, OptimizeRequest
from services.optimizer.domain.guard import preserves
from services.optimizer.domain.spans import quoted
from services.optimizer.pipeline import Optimizer

Messages = list[dict[str, Any]]
Level = Literal["conservative", "moderate", "aggressive"]
LEVELS: tuple[Level, ...] = ("conservative", "moderate", "aggressive")
DATA = Path("../shared/data/optimizer")
MODEL = "gpt-4o"
GOALS = {"conservative": 16, "moderate": 31, "aggressive": 43}


def main(data: Path) -> None:
    """Every class of traffic whose data is in the folder."""
    print(f"{'traffic':26}{'level':14}{'calls':>6}{'saved':>8}{'median':>8}{'p90':>8}  by lever")
    single(data, "gsm8k_test_first_half.jsonl", "GSM8K question", "user", lambda row: row["question"])
    single(data, "mt_bench_first_half.jsonl", "MT-bench turn 1", "user", lambda row: row["turns"][0])
    single(data, "act_as_prompts_first_half.json", "act-as as instructions", "system", lambda row: row[1])
    single(data, "toon_github_repos.json", "JSON tool result", "tool", None)
    airline(data)


def single(data: Path, name: str, title: str, role: str, text_of: Any) -> None:
    """One message per call; rewriting must not lose a number, a negation or a protected span."""
    path = data / name
    if not path.exists():
        print(f"{title:26}not measurable here: {path} is missing")
        return
    written = path.read_text()
    if text_of is None:
        texts = [written]
    else:
        rows = [json.loads(line) for line in written.splitlines()] if path.suffix == ".jsonl" else json.loads(written)
        texts = [text_of(row) for row in rows]
    for level in LEVELS:
        optimizer = Optimizer(memo_entries=1)
        replies, losses = [], 0
        for text in texts:
            reply = ask(optimizer, [{"role": role, "content": text, "tool_call_id": "1"}], level)
            replies.append(reply)
            if reply.changed and role != "tool":
                after = json.loads(bytes(reply.messages))[0]["content"]
                losses += not preserves(text, after, quoted(text))
        row(title, level, replies, f"losses {losses}")


def airline(data: Path) -> None:
    """Every call of each conversation, and whether values that a tool call names are still in what was sent for it."""
    path = data / "tau_airline_first_half.json.gz"
    if not path.exists():
        print(f"{'tau airline, every call':26}not measurable here: {path} is missing")
        return
    conversations = [one["traj"] for one in json.loads(gzip.decompress(path.read_bytes()))]
    for level in LEVELS:
        optimizer = Optimizer(memo_entries=4_096)
        replies, per_thousand = [], []
        named = kept = 0
        for conversation in conversations:
            for at, answer in enumerate(conversation):
                if answer["role"] != "assistant" or at == 0:
                    continue
                sent = conversation[:at]
                started = time.perf_counter()
                reply = ask(optimizer, sent, level)
                per_thousand.append((time.perf_counter() - started) * 1e6 / max(reply.original_tokens, 1))
                replies.append(reply)
                before = said(sent)
                after = said(json.loads(bytes(reply.messages))) if reply.changed else before
                for value in arguments(answer):
                    if value in before:
                        named += 1
                        kept += value in after
        p95 = quantiles(per_thousand, n=20)[-1]
        row("tau airline, every call", level, replies, f"goal {GOALS[level]} %")
        print(
            f"{'':26}{'':14}tool arguments kept {kept}/{named} = {100 * kept / named:.1f} %, "
            f"ms per 1k tokens p50 {median(per_thousand):.2f} p95 {p95:.2f} (history warm)"
        )


def ask(optimizer: Optimizer, messages: Messages, level: Level) -> OptimizeReply:
    """One call, cold as far as cuts are concerned."""
    raw = msgspec.Raw(msgspec.json.encode(messages))
    return optimizer.answer(OptimizeRequest(model=MODEL, messages=raw, settings=OptimizationSettings(level=level)))


def row(title: str, level: Level, replies: Sequence[OptimizeReply], note: str) -> None:
    """One line of the table."""
    before = sum(reply.original_tokens for reply in replies)
    levers: Counter[str] = Counter()
    for reply in replies:
        levers.update({lever.lever: lever.tokens for lever in reply.levers})
    shares = sorted(100 * (1 - reply.optimized_tokens / reply.original_tokens) for reply in replies)
    by_lever = ", ".join(f"{name} {100 * tokens / before:.1f}" for name, tokens in levers.most_common())
    saved = 100 * (1 - sum(reply.optimized_tokens for reply in replies) / before)
    p90 = shares[min(int(len(shares) * 0.9), len(shares) - 1)]
    print(
        f"{title:26}{level:14}{len(replies):6}{saved:7.1f}%{median(shares):7.1f}%{p90:7.1f}%  {by_lever or '-'}; {note}"
    )


def said(messages: Messages) -> str:
    """The messages as one text to look values up in."""
    return "\n".join(json.dumps(message, ensure_ascii=False) for message in messages)


def arguments(message: dict[str, Any]) -> Iterator[str]:
    """The values in a message's tool calls, of two characters and more."""
    waiting: list[Any] = [json.loads(call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif not isinstance(value, bool) and len(str(value)) >= 2:
            yield str(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
