"""Where channels lead, sealed."""

import msgspec

from libs.common.contracts.alerts import ChannelConfig
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.sealing import CannotOpen, Sealer
from services.alerts.ports import Undeliverable

_KIND = "alert"


class SealedVault:
    """Implements `ports.Vault`: a sealed text opens only for the organization and the rule that it was sealed for."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, org_id: str, rule_id: str, config: ChannelConfig) -> str:
        return self._sealer.seal(org_id, _KIND, rule_id, msgspec.json.encode(config).decode())

    def open(self, org_id: str, rule_id: str, sealed: str) -> ChannelConfig:
        try:
            return msgspec.json.decode(self._sealer.open(org_id, _KIND, rule_id, sealed), type=ChannelConfig)
        except (CannotOpen, *DECODE_ERRORS):
            raise Undeliverable("The stored URL cannot be opened; set it again.", for_good=True) from None
