"""Settings come from the environment and are read in one place, once, at start."""

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class CommonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service can be told. The field `nats_url` is read from `PROMPTLY_NATS_URL`, and so on.

    `ops_port` serves /healthz, /readyz and /metrics (0: any free port). `otlp_endpoint` is an OTLP/HTTP base URL such
    as `http://localhost:4318`; without it no trace leaves the process. Where `metrics_token` is set, /metrics is for those
    who bring it as a bearer token. `log_format` is `json`, `console` for people, or `colour` for their terminals.
    """

    nats_url: str = "nats://127.0.0.1:4222"
    ops_host: str = "127.0.0.1"
    ops_port: int = 0
    metrics_token: str | None = None
    log_format: str = "json"
    log_level: str = "info"
    otlp_endpoint: str | None = None
    trace_sample_ratio: float = 1.0
    drain_seconds: float = 10.0


class SettingsError(Exception):
    """A setting is missing or cannot be read; the message names the variable."""


def load(cls: type[S], env: Mapping[str, str] | None = None) -> S:
    """Read `cls` from `PROMPTLY_<FIELD>` variables; an empty variable counts as absent."""
    source = os.environ if env is None else env
    values = {}
    for field in msgspec.structs.fields(cls):
        value = source.get(f"PROMPTLY_{field.name.upper()}", "")
        if value != "":
            values[field.name] = value
        elif field.required:
            raise SettingsError(f"PROMPTLY_{field.name.upper()} is not set, and there is no safe default for it.")
    try:
        return msgspec.convert(values, cls, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].strip("`")
        raise SettingsError(f"PROMPTLY_{name.upper()} cannot be used: {error}") from None
