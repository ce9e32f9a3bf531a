"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.reports import schemas

EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.ReportsBody(monthly=True),
    schemas.Reports(mail=True, monthly=True, weekly=False),
    schemas.ReportPreview(
        from_="2026-07-01T00:00:00.000Z",
        to="2026-08-01T00:00:00.000Z",
        subject="[Promptly] Northwind: July 2026, $1,234.56",
        text="Northwind: July 2026\n\nSums\n  Spend  $1,234.56  +12.3 %\n",
        html='<!doctype html><html lang="en"><body><h1>Northwind: July 2026</h1></body></html>',
    ),
)
