"""Where the control plane is, and with what it is asked."""

import os
from collections.abc import Mapping

import msgspec

from libs.common.settings import Secret, load


class ControlPlaneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the control plane is, and with what it is asked."""

    url: str = "http://localhost:8000"
    """Where the Promptly is whose `/api` is asked."""
    api_key: Secret
    """A key for the control plane (`cp-promptly-…`), or a token."""


def read() -> ControlPlaneSettings:
    """The settings of this environment; `SettingsError` names one that is missing."""
    return load(ControlPlaneSettings)


def environment() -> Mapping[str, str]:
    """Where the values of `env:NAME` come from."""
    return os.environ
