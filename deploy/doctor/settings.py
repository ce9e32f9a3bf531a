"""What the doctor looks at: the environment, and where the parts are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Installation:
    """Where the parts of a Promptly are. None: not known here, so not checked. `home` is the state of
    `promptly up`, `directories` are those that have to have room."""

    environment: Mapping[str, str]
    nats_url: str | None = None
    database_url: str | None = None
    gateway_url: str | None = None
    home: Path | None = None
    directories: tuple[Path, ...] = ()


def environment() -> Mapping[str, str]:
    """This process's environment."""
    return os.environ
