"""Extraction: is the passage that answers still there, beside leaving passages out at random and cutting the end off."""

import random
from collections.abc import Iterable

from bench.optimizer.client import MODEL, ask, saving, sent
from bench.optimizer.data import Asked
from bench.optimizer.ledger import Ledger
from libs.common.tokens import count_text
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer

_TASK = (
    "Write a high-quality answer for the given question using only the provided search results "
    "(some of which might be irrelevant)."
)


def extraction(ledger: Ledger, similarity: Similarity, questions: list[Asked] | None) -> None:
    """Ten passages with hard lexical distractors, documents numbered as the data's authors number them."""
    if questions is None:
        ledger.unmeasurable("NQ, ten passages: 45 % saved at ≥ 99 % of answers kept")
        return
    optimizer = Optimizer(similarity, cache_bytes=1_000_000)
    replies, ours = [], 0
    dice = random.Random(3)
    at_random = truncated = gated = 0
    for asked in questions:
        message = [{"role": "user", "content": prompt(asked)}]
        reply = ask(optimizer, message, "moderate", extraction=True)
        replies.append(reply)
        after = sent(message, reply)[0]["content"]
        ours += _answered(asked, [after])
        gated += not reply.changed
        texts = [text for _, text in asked.passages]
        room = sum(count_text(MODEL, text) for text in texts) * reply.optimized_tokens / reply.original_tokens
        shuffled = dice.sample(texts, len(texts))
        at_random += _answered(asked, _fitting(shuffled, room))
        truncated += _answered(asked, _fitting(texts, room))
    n = len(questions)
    saved = saving(replies)
    lines = [
        ["extraction", f"{saved:.1f} %", f"{100 * ours / n:.1f} %"],
        ["as many passages at random", "the same", f"{100 * at_random / n:.1f} %"],
        ["the end cut off", "the same", f"{100 * truncated / n:.1f} %"],
    ]
    ledger.show(f"NQ, ten passages, hard distractors, n = {n} ({gated} gated)", ["", "saved", "answer kept"], lines)
    ledger.least("NQ, ten passages: saved", saved, 45)
    ledger.least("NQ, ten passages: answers kept", 100 * ours / n, 99)


def prompt(asked: Asked) -> str:
    """The request as lost-in-the-middle writes it."""
    passages = "\n".join(f"Document [{i}](Title: {title}) {text}" for i, (title, text) in enumerate(asked.passages, 1))
    return f"{_TASK}\n\n{passages}\n\nQuestion: {asked.question}\nAnswer:"


def _answered(asked: Asked, texts: Iterable[str]) -> bool:
    """Whether the passage that answers is among the texts, whole, blanks aside."""
    wanted = " ".join(asked.passages[asked.gold][1].split())
    return any(wanted in " ".join(text.split()) for text in texts)


def _fitting(texts: list[str], room: float) -> list[str]:
    kept, used = [], 0
    for text in texts:
        used += count_text(MODEL, text)
        if used > room:
            break
        kept.append(text)
    return kept
