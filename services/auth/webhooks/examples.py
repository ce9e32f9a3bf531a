"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.webhooks import schemas

_WEBHOOK: Final = schemas.Webhook(
    id="whk_" + "7" * 32,
    name="night-jobs",
    url="https://jobs.example.com/…tly7",
    secret=None,
    created_at="2026-08-01T09:30:00.000Z",
    verified_at="2026-08-01T09:31:00.000Z",
    waiting=0,
    failed=0,
    last_error=None,
    delivered_at="2026-08-01T11:02:00.000Z",
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    _WEBHOOK,
    schemas.Webhooks(webhooks=(_WEBHOOK,)),
    schemas.NewWebhookBody(name="night-jobs", url="https://jobs.example.com/promptly7"),
)
