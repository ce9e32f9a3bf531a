"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.sessions import schemas

EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (schemas.ExchangeBody(code="the code out of the address"),)
