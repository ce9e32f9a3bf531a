"""Credits that came in, as JSON."""

from typing import Any

from libs.common.contracts.auth import PENCE_PER_MILLION
from services.auth.domain.ledger import Entry
from services.auth.translate.account_json import iso


def entry_json(entry: Entry) -> dict[str, Any]:
    """One line; what was given cost nothing."""
    paid = entry.tokens * PENCE_PER_MILLION / 1_000_000 / 100 if entry.kind == "purchase" else 0.0
    return {
        "id": entry.id,
        "kind": entry.kind,
        "tokens": entry.tokens,
        "amount_gbp": paid,
        "reference": entry.ref,
        "time": iso(entry.at),
    }
