"""Optimising what was optimised changes nothing."""

from bench.optimizer.client import LEVELS, ask, sent
from bench.optimizer.data import Messages
from bench.optimizer.ledger import Ledger
from services.optimizer.domain.similarity import Similarity
from services.optimizer.pipeline import Optimizer


def idempotence(ledger: Ledger, similarity: Similarity, conversations: list[Messages]) -> None:
    """The last request of every conversation, at every level."""
    changed = 0
    for level in LEVELS:
        optimizer = Optimizer(similarity, cache_bytes=32_000_000)
        for conversation in conversations:
            once = sent(conversation, ask(optimizer, conversation, level))
            changed += ask(optimizer, once, level).changed
    print(f"\nOptimised twice: {changed} of {len(LEVELS) * len(conversations)} requests changed again")
    ledger.most("requests that a second run changes", changed, 0, "requests")
