"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.status import schemas

_UP: Final = schemas.ServiceState(status="up", version="0.1.0", degraded=(), missing=())
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.SystemState(
        status="up",
        version="0.1.0",
        bus="up",
        services={
            "gateway": _UP,
            "analytics": schemas.ServiceState(status="up", version="0.1.0", degraded=(), missing=(), event_lag=0),
        },
    ),
)
