"""Counts the tokens of the bodies that arrive and bills for them: the provider's side of the money.

Prices are the provider's own list, written down in `prices.tsv` a second time on purpose: a wrong row in the catalogue must
not agree with itself. A model's last row that is in force, and whose threshold the whole input exceeds, is its price.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from libs.common import tokens

_DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")
_PER_DOLLAR_AND_MILLION = 1000  # nano-dollars per token


class Usage(NamedTuple):
    """The tokens of one request, in classes that share none."""

    uncached_input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output_text: int = 0
    output_reasoning: int = 0

    @property
    def cache_write(self) -> int:
        """All that was written to the cache."""
        return self.cache_write_5m + self.cache_write_1h

    @property
    def prompt(self) -> int:
        """The whole input."""
        return self.uncached_input + self.cache_read + self.cache_write

    @property
    def completion(self) -> int:
        """The whole output."""
        return self.output_text + self.output_reasoning


class Price(NamedTuple):
    """One row of the list, in nano-dollars per token; a class without a price of its own costs as much as input."""

    since: date
    above: int
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int


def _rows() -> dict[str, list[Price]]:
    found: dict[str, list[Price]] = {}
    with Path(__file__).with_name("prices.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            classes = [row[name] for name in ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")]
            nano = [int(Decimal(row["input"] if usd == "-" else usd) * _PER_DOLLAR_AND_MILLION) for usd in classes]
            since = date.min if row["from"] == "-" else date.fromisoformat(row["from"])
            above = -1 if row["above"] == "-" else int(row["above"])
            found.setdefault(row["model"], []).append(Price(since, above, *nano))
    return found


PRICES = _rows()


def base_name(model: str) -> str:
    """A model's name without the date of its snapshot."""
    return _DATED.sub("", model)


def models_of(provider: str) -> list[str]:
    """The models on a provider's list, in its order."""
    marks = {"anthropic": "claude-", "google": "gemini-"}
    other = tuple(mark for name, mark in marks.items() if name != provider)
    mark = marks.get(provider, "")
    return [model for model in PRICES if model.startswith(mark) and not model.startswith(other)]


def prompt_tokens(body: dict[str, Any]) -> int:
    """The prompt tokens of an OpenAI chat request, tools included."""
    model = str(body.get("model", ""))
    count = tokens.count_messages(model, body["messages"])
    if body.get("tools"):
        count += tokens.count_text(model, json.dumps(body["tools"], separators=(",", ":")))
    return count


def count_texts(model: str, *values: Any) -> int:
    """The tokens of every text in the values of a body, wherever it stands; what is not text is not counted."""
    return sum(tokens.count_text(model, text) for value in values for text in _texts(value))


def completion_tokens(model: str, text: str) -> int:
    """The tokens of what was generated."""
    return tokens.count_text(model, text)


def price(model: str, prompt: int, today: date | None = None) -> Price | None:
    """What a model costs today for an input of so many tokens; None where it is not on the list."""
    today = today or datetime.now(UTC).date()
    rows = [row for row in PRICES.get(base_name(model), ()) if row.since <= today and prompt > row.above]
    return rows[-1] if rows else None


def bill_usage(
    model: str,
    used: Usage,
    today: date | None = None,
    *,
    tier: str = "default",
    speed: str | None = None,
    geo: str | None = None,
) -> int | None:
    """Nano-dollars, the whole request at one price: half of it on the flex tier and in a batch, twice as much in Claude's fast
    mode, a tenth more for inference in the US alone; None for a model that has no price on the list.
    """
    if (row := price(model, used.prompt, today)) is None:
        return None
    inputs = zip(used[:4], row[2:6], strict=True)
    whole = sum(count * nano for count, nano in inputs) + used.completion * row.output
    factor = Fraction(1, 2) if tier in ("flex", "batch") else Fraction(1)
    factor *= (2 if speed == "fast" else 1) * (Fraction(11, 10) if geo == "us" else 1)
    return round(whole * factor)


def bill(model: str, prompt: int, completion: int) -> int | None:
    """Nano-dollars for a request that touched no cache; None for a model that has no price on the list."""
    return bill_usage(model, Usage(uncached_input=prompt, output_text=completion))


# Bytes of images and files, and the signatures that come back with thoughts, are no text.
_NOT_TEXT = {
    "cache_control",
    "data",
    "fileUri",
    "id",
    "media_type",
    "mimeType",
    "role",
    "signature",
    "thoughtSignature",
}
_NOT_TEXT |= {"tool_use_id", "type", "url"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in ("args", "input", "response", "functionDeclarations", "input_schema"):
                yield json.dumps(item, ensure_ascii=False, separators=(",", ":"))
            elif name not in _NOT_TEXT:
                yield from _texts(item)
