"""What auth can be told."""

from typing import Literal

from libs.common.settings import CommonSettings

Registration = Literal["open", "first", "invite"]


class AuthSettings(CommonSettings, frozen=True, kw_only=True):
    """The secrets have no defaults.

    `jwt_secret`: at least 32 bytes; several with commas between them rotate it (the first signs, all verify).
    `key_pepper`: at least 32 characters, never changed while keys are in use. `kek`: 32 bytes in base64, or
    `1:<base64>,2:<base64>`. `allowed_hosts`: `host[:port]`, with commas, that provider URLs may name although they are
    not public. `trusted_proxies`: addresses whose X-Forwarded-For is believed: the gateway's.
    """

    jwt_secret: str
    key_pepper: str
    kek: str
    database_url: str
    auth_host: str = "127.0.0.1"
    auth_port: int = 8001
    registration: Registration = "open"
    allowed_hosts: str = ""
    trusted_proxies: str = "127.0.0.1,::1"
