"""Counts the tokens of the bodies that arrive and bills for them: the provider's side of the money.

Prices are the provider's own list, written down here a second time on purpose: a wrong row in the catalogue must not agree
with itself.
"""

import json
from typing import Any

from libs.common import tokens

# Whole nano-dollars per token: input, output.
PRICES = {
    "gpt-4o": (2_500, 10_000),
    "gpt-4o-mini": (150, 600),
    "gpt-4.1": (2_000, 8_000),
    "gpt-4.1-mini": (400, 1_600),
    "gpt-6-luna": (100, 500),
    "gpt-6.1-terra": (1_000, 5_000),
    "gpt-6.1-sol": (2_000, 10_000),
}


def prompt_tokens(body: dict[str, Any]) -> int:
    """The prompt tokens of a chat request, tools included."""
    model = str(body.get("model", ""))
    count = tokens.count_messages(model, body["messages"])
    if body.get("tools"):
        count += tokens.count_text(model, json.dumps(body["tools"], separators=(",", ":")))
    return count


def completion_tokens(model: str, text: str) -> int:
    """The tokens of what was generated."""
    return tokens.count_text(model, text)


def bill(model: str, prompt: int, completion: int) -> int | None:
    """Nano-dollars; None for a model that has no price on the list."""
    if model not in PRICES:
        return None
    per_input, per_output = PRICES[model]
    return prompt * per_input + completion * per_output
