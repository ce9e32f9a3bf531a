"""The secrets of the services that seal and digest, checked where settings are read."""

from libs.common.sealing import parse_keks
from libs.common.settings import CommonSettings, Secret, SettingsError

_SHORTEST = 32


class SealingSettings(CommonSettings, frozen=True, kw_only=True):
    """Settings with a pepper and master keys. `SettingsError` for one that is too short, or cannot be read."""

    key_pepper: Secret
    """Digests Promptly keys: at least 32 bytes, the same for auth and gateways; changing it makes every key useless."""
    kek: Secret
    """Seals provider keys: 32 bytes in base64, or `1:<base64>,2:<base64>` (the highest seals, all open); the same for auth and gateways."""

    def __post_init__(self) -> None:
        if len(self.key_pepper.encode()) < _SHORTEST:
            raise SettingsError(f"PROMPTLY_KEY_PEPPER has to be at least {_SHORTEST} bytes long.")
        check_keks("PROMPTLY_KEK", self.kek)


def check_keks(name: str, text: str) -> None:
    """`SettingsError` where the setting of this name holds no master keys that can be used."""
    try:
        parse_keks(text)
    except ValueError as error:
        raise SettingsError(f"{name} cannot be used: {error}") from None
