"""What the one-machine runner can be told, and what its children inherit."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from libs.common.settings import LogFormat, SecretUrl, load

_ROOT = Path(__file__).parents[2]


class LocalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What `promptly up` can be told. A server's URL, where it is set, is used instead of starting one; else all is on this machine."""

    home: str = "var"
    """Where `promptly up` keeps its state."""
    port: int = 8000
    nats_url: SecretUrl | None = None
    database_url: SecretUrl | None = None
    qdrant_url: str | None = None
    public_url: str | None = None
    model_dir: str | None = None
    dashboard_dir: str | None = None
    allowed_hosts: str = ""
    trial_credits: int = 1_000_000
    stream_drain_seconds: float = 120.0
    log_format: LogFormat = "console"

    @property
    def home_path(self) -> Path:
        """The state's directory, absolute."""
        return Path(self.home).expanduser().resolve()

    @property
    def model_path(self) -> Path:
        """Where the embedding model lies, made on the first run."""
        return Path(self.model_dir).expanduser().resolve() if self.model_dir else self.home_path / "model"

    @property
    def dashboard_path(self) -> Path:
        """Where the built dashboard lies, if anybody built it."""
        return Path(self.dashboard_dir).expanduser().resolve() if self.dashboard_dir else _ROOT / "dashboard" / "dist"


def read() -> LocalSettings:
    """The settings of this environment; `SettingsError` names one that cannot be used."""
    return load(LocalSettings)


def colours_wanted() -> bool:
    """Unless the environment says, as https://no-color.org has it, that there shall be none."""
    return not os.environ.get("NO_COLOR")


def child_environment(own: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with a child's own variables in place of Promptly's others."""
    inherited = {name: value for name, value in os.environ.items() if name != "PROMPTLY_PORT"}
    return {**inherited, "PYTHONUNBUFFERED": "1", **own}
