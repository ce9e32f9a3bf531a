"""Examples of answers, for the document."""

from typing import Final

import msgspec

from services.auth.captures import schemas

_CAPTURE: Final = schemas.Capture(
    id="req_" + "7" * 32, kind="chat", time="2026-08-01T09:30:00.000Z", user_id="usr_" + "7" * 32, bytes=96
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    _CAPTURE,
    schemas.Captures(captures=(_CAPTURE,), total=1),
    schemas.CaptureText(
        capture=_CAPTURE,
        body=msgspec.Raw(
            b'{"model":"gpt-4o","messages":[{"role":"user","content":"What is the capital of Portugal?"}]}'
        ),
    ),
    schemas.Erased(erased=1),
)
