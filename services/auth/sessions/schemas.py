"""Bodies and queries of signing in through another provider."""

from typing import Annotated

import msgspec

from services.auth.accounts.schemas import Secret


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the other provider sends along; it adds fields of its own. Both together fit into an address, however encoded."""

    state: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    iss: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class ExchangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The one-time code from the dashboard's address."""

    code: Secret
