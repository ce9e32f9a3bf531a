"""`make prices`: writes the catalogue's rows of makers beyond our three anew, from the pinned genai-prices.

Run it after raising the pin; `tests/unit/common/test_other_makers.py` holds the file to it. Only models that are billed by text tokens,
in and out, are taken: the rest of a maker's list has no place in a chat catalogue.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers

MAKERS = ("mistral",)
FILE = Path(__file__).parents[1] / "libs" / "common" / "catalog" / "others.json"


def document() -> dict[str, Any]:
    """The whole file, as it has to be for the version of genai-prices that is installed."""
    found = [model for maker in MAKERS for model in _models(maker)]
    return {
        "version": f"genai-prices {version('genai-prices')}",
        "provenance": "Figures of genai-prices, USD per million tokens; written by bench/prices.py. Figures only.",
        "models": sorted(found, key=lambda model: (model["provider"], model["name"])),
    }


def _models(maker: str) -> Iterator[dict[str, Any]]:
    source = next(provider for provider in providers if provider.id == maker)
    for model in source.models:
        rows = list(_rows(model.prices))
        if not rows:
            continue
        for name in sorted({model.id, *_names(model.match)}):
            if ":" not in name:
                yield {
                    "name": name,
                    "provider": maker,
                    "max_input_tokens": model.context_window or 0,
                    "max_output_tokens": 0,
                    "capabilities": ["tools", "json_schema"],
                    "prices": rows,
                }


def _names(clause: Any) -> Iterator[str]:
    """Names that are matched whole; beginnings and the like say nothing about which models there are."""
    if isinstance(clause, types.ClauseEquals):
        yield clause.equals
    for one in getattr(clause, "or_", ()):
        yield from _names(one)


def _rows(prices: Any) -> Iterator[dict[str, Any]]:
    listed = prices if isinstance(prices, list) else [types.ConditionalPrice(constraint=None, prices=prices)]
    starts = [getattr(one.constraint, "start_date", None) for one in listed]
    for at, one in enumerate(listed):
        row = _row(one.prices)
        begin, end = starts[at], starts[at + 1] if at + 1 < len(starts) else None
        if row is None or not isinstance(begin, date | None):
            return
        if begin is not None:
            row["effective_from"] = begin.isoformat()
        if end is not None:
            row["effective_to"] = end.isoformat()
        yield row


def _row(prices: Any) -> dict[str, Any] | None:
    found = {"input": prices.input_mtok, "output": prices.output_mtok, "cache_read": prices.cache_read_mtok}
    if (
        found["input"] is None
        or found["output"] is None
        or any(isinstance(v, types.TieredPrices) for v in found.values())
    ):
        return None
    return {name: float(value) for name, value in found.items() if value is not None}


def text() -> str:
    """The file's text, a model to a line."""
    whole = document()
    lines = ",\n".join(f"    {json.dumps(model)}" for model in whole["models"])
    head = "".join(f"  {json.dumps(name)}: {json.dumps(whole[name])},\n" for name in ("version", "provenance"))
    return f'{{\n{head}  "models": [\n{lines}\n  ]\n}}\n'


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.exit(0)
