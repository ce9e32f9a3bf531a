"""Settings come from the environment or a file, and are read in one place, once, at start. The environment wins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from libs.common.http_limits import HttpLimits

LogFormat = Literal["json", "console", "colour"]
S = TypeVar("S", bound=msgspec.Struct)

# In a file these stand by reference only; a URL may stand there as long as no password is in it.
Secret = Annotated[str, msgspec.Meta(extra={"secret": "always"})]
SecretUrl = Annotated[str, msgspec.Meta(extra={"secret": "password"})]
_DEFAULT_FILES: Final = ("promptly.toml", "promptly.yaml", "promptly.yml")


@dataclass(frozen=True)
class SharedPort:
    """A port that `workers` processes listen on. After SIGTERM each may take `drain_seconds`."""

    workers: int
    host: str
    port: int
    drain_seconds: float


class CommonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service can be told. The field `nats_url` is read from `PROMPTLY_NATS_URL`, and so on; the text below a field is what
    docs/settings.md says of it.
    """

    nats_url: SecretUrl = "nats://127.0.0.1:4222"
    """Address of NATS with its user and password; several of one cluster with commas between them."""
    nats_replicas: Literal[1, 3, 5] | None = None
    """How many servers of a NATS cluster keep each stream; unset: new streams 1, others as they are."""
    ops_host: str = "127.0.0.1"
    """Address on which `/healthz`, `/readyz` and `/metrics` are served."""
    ops_port: int = 0
    """Port of these; 0: any free one."""
    metrics_token: Secret | None = None
    """Where it is set, `/metrics` is for those who bring it as a bearer token."""
    log_format: LogFormat = "json"
    """`json`, `console` for people, or `colour` for their terminals; `promptly up` prints colours on a terminal alone."""
    log_level: str = "info"
    """The least level that is logged."""
    otlp_endpoint: str | None = None
    """OTLP/HTTP base URL, such as `http://localhost:4318`; unset: no trace leaves the process."""
    trace_sample_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Share of traces that are kept, 0 to 1."""
    drain_seconds: float = 10.0
    """How long what is under way may take to end after SIGTERM, in seconds."""
    max_connections: int = 4096
    """Connections that a service takes at once; fewer where the process may open few files."""
    max_head_bytes: int = 64 << 10
    """Largest head of a request, in bytes."""
    max_headers: int = 100
    """Most headers of a request."""
    head_timeout: float = 10.0
    """Seconds within which a request's head has to come."""

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
    """A setting is missing or cannot be read; the message names the variable, or the file and the line."""


def load(cls: type[S], env: Mapping[str, str] | None = None) -> S:
    """Read `cls` from `PROMPTLY_<FIELD>` variables, and what they leave open from the file that `PROMPTLY_CONFIG` names, or where there
    is no such variable from a promptly.toml or promptly.yaml in the working directory. An empty variable counts as absent.
    """
    source = os.environ if env is None else env
    values: dict[str, Any] = _from_file(cls, source, search=env is None)
    required = []
    for field in msgspec.structs.fields(cls):
        value = source.get(f"PROMPTLY_{field.name.upper()}", "")
        if value != "":
            values[field.name] = value
        elif field.required and field.name not in values:
            required.append(field.name)
    if required:
        raise SettingsError(f"PROMPTLY_{required[0].upper()} is not set, and there is no safe default for it.")
    try:
        return msgspec.convert(values, cls, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].strip("`")
        raise SettingsError(f"PROMPTLY_{name.upper()} cannot be used: {error}") from None


def _from_file(cls: type[msgspec.Struct], source: Mapping[str, str], *, search: bool) -> dict[str, Any]:
    named = source.get("PROMPTLY_CONFIG", "")
    found = [Path(named)] if named else [Path(name) for name in _DEFAULT_FILES if search and Path(name).is_file()]
    if not found:
        return {}
    if len(found) > 1:
        raise SettingsError(f"There are {found[0]} and {found[1]}: name one in PROMPTLY_CONFIG, or take one away.")
    # Only whoever has a file pays for reading YAML.
    from libs.common.settings_file import SettingsFileError, values  # noqa: PLC0415

    try:
        return values(found[0], cls, source)
    except SettingsFileError as error:
        raise SettingsError(str(error)) from None


def environment_with(**own: str) -> dict[str, str]:
    """This process's environment, with what differs for a child of it."""
    return {**os.environ, **own}
