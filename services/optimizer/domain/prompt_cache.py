"""What the provider still has in its prefix cache, and what that makes of a new cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.optimizer.domain.conversation import Message


@dataclass(frozen=True, slots=True)
class PromptCacheState:
    """Where the conversation was cut last (None: nowhere, or nobody knows), how many of its tokens were read from the
    provider's cache then, and the share of the full price that such tokens cost.
    """

    keep_cut: int | None = None
    tokens: int = 0
    share: float = 1.0

    @property
    def priced(self) -> bool:
        """Whether it is known that a cache stands behind the old cut, so that bills can be compared."""
        return self.tokens > 0

    def reusable_cut(self, newest: int, window: int) -> int | None:
        """The old cut's index where it may stay, given that of the newest cut; else None.

        Without a known price it stays until twice the window stands behind it.
        """
        old = 0 if self.keep_cut is None and self.priced else self.keep_cut
        if old is None or not 0 <= old <= newest:
            return None
        return old if self.priced or newest <= old + window else None

    def compare_costs(self, held: Sequence[Message], fresh: Sequence[Message]) -> tuple[float, float]:
        """Both requests in tokens at full price: what their beginnings share with the last request costs less.

        The last request was what stands before the model's last answer, cut as `held` is. By then the provider has all of
        it, whatever it said of the request before.
        """
        answers = [i for i, message in enumerate(held) if message.role == "assistant"]
        sent = held[: answers[-1]] if answers else ()
        return self._cost(held, sent), self._cost(fresh, sent)

    def _cost(self, messages: Sequence[Message], sent: Sequence[Message]) -> float:
        same = 0
        while same < min(len(messages), len(sent)) and messages[same].data == sent[same].data:
            same += 1
        warm = sum(message.tokens for message in messages[:same])
        return sum(message.tokens for message in messages) - (1 - self.share) * warm
