"""Settings come from the environment and are read in one place, once, at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from libs.common.http_limits import HttpLimits

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class SharedPort:
    """A port that `workers` processes listen on. After SIGTERM each may take `drain_seconds`."""

    workers: int
    host: str
    port: int
    drain_seconds: float


class CommonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service can be told. The field `nats_url` is read from `PROMPTLY_NATS_URL`, and so on.

    `nats_url` may hold several addresses, with commas between them. `nats_replicas` is how many servers of a NATS cluster keep
    each stream (unset: new ones 1, others as they are).
    `ops_port` serves /healthz, /readyz and /metrics (0: any free port). `otlp_endpoint` is an OTLP/HTTP base URL such
    as `http://localhost:4318`; without it no trace leaves the process. Where `metrics_token` is set, /metrics is for those
    who bring it as a bearer token. `log_format` is `json`, `console` for people, or `colour` for their terminals.
    `drain_seconds` is how long what is under way may take to end after SIGTERM. Services with a web door take at most
    `max_connections` at once (fewer where the process may open few files), and of a request a head of `max_head_bytes` and
    `max_headers` headers that comes within `head_timeout` seconds.
    """

    nats_url: str = "nats://127.0.0.1:4222"
    nats_replicas: Literal[1, 3, 5] | None = None
    ops_host: str = "127.0.0.1"
    ops_port: int = 0
    metrics_token: str | None = None
    log_format: str = "json"
    log_level: str = "info"
    otlp_endpoint: str | None = None
    trace_sample_ratio: float = 1.0
    drain_seconds: float = 10.0
    max_connections: int = 4096
    max_head_bytes: int = 64 << 10
    max_headers: int = 100
    head_timeout: float = 10.0

    @property
    def shared_port(self) -> SharedPort | None:
        """What several processes of this service listen on; None where one does all."""
        return None

    @property
    def http_limits(self) -> HttpLimits:
        """The bounds of the web door."""
        return HttpLimits(
            head_bytes=self.max_head_bytes,
            headers=self.max_headers,
            head_seconds=self.head_timeout,
            connections=self.max_connections,
        )


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


def environment_with(**own: str) -> dict[str, str]:
    """This process's environment, with what differs for a child of it."""
    return {**os.environ, **own}
