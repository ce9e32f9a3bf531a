"""Checks of settings: names that nobody reads, values that cannot be used, and modes that are weak."""

import base64
import difflib
import importlib
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from deploy.doctor.finding import Finding, failed, ok, warning
from deploy.doctor.settings import Installation
from libs.common.contracts.status import SERVICES
from libs.common.settings import CommonSettings, SettingsError, load
from libs.common.settings_file import known_names

_PREFIX: Final = "PROMPTLY_"
# Read by the settings' reader itself, by the tests, and by examples.
_OTHERS: Final = frozenset(("CONFIG", "KEY", "CHROMIUM", "GROWTH", "API_EXAMPLES"))
_SHORTEST_SECRET: Final = 32
_LONG_SECRETS: Final = ("KEY_PEPPER", "JWT_SECRET", "METRICS_TOKEN", "BOOTSTRAP_TOKEN")
_STAND_IN: Final = base64.b64encode(bytes(32)).decode()  # of a form that every secret may have
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1", "")


def check_settings(place: Installation) -> list[Finding]:
    """All of them; one finding that says so where nothing is wrong."""
    found = [*_unknown(place.environment), *_unusable(place.environment), *_weak(place), *_modes(place)]
    return found or [ok("settings", "Every setting has a name that is known and a value that can be used.")]


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    names = known_names()
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        if variable.startswith(_PREFIX) and name not in _OTHERS and name.lower() not in names:
            close = difflib.get_close_matches(name.lower(), sorted(names), 1, 0.6)
            mend = f"Is it {_PREFIX}{close[0].upper()}?" if close else "Remove it; docs/settings.md has all of them."
            yield warning("settings", f"There is no setting {variable}: nobody reads it.", mend)


def _unusable(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Each service's settings, read as the service reads them; what it cannot do without may be given to it alone."""
    said = set()
    for cls in _classes():
        required = {field.name for field in msgspec.structs.fields(cls) if field.required}
        stand_ins = {f"{_PREFIX}{name.upper()}": _STAND_IN for name in required}
        try:
            load(cls, {**stand_ins, **{name: value for name, value in environment.items() if value}})
        except SettingsError as error:
            if str(error) not in said:
                said.add(str(error))
                yield failed("settings", str(error), "Correct or remove it; docs/settings.md says what it may be.")


def _classes() -> Iterator[type[msgspec.Struct]]:
    """Of the services that are installed here."""
    for service in SERVICES:
        try:
            module = importlib.import_module(f"services.{service}.settings")
        except ModuleNotFoundError:
            continue
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, CommonSettings) and value.__module__ == module.__name__:
                yield value


def _weak(place: Installation) -> Iterator[Finding]:
    given = place.environment
    for name in _LONG_SECRETS:
        for one in given.get(_PREFIX + name, "").split(","):
            if 0 < len(one) < _SHORTEST_SECRET:
                yield warning(
                    "settings",
                    f"{_PREFIX}{name} has {len(one)} characters and can be guessed.",
                    f"Give it {_SHORTEST_SECRET} or more random ones: `deploy/new-secrets` makes them.",
                )
    if given.get("PROMPTLY_OPS_HOST", "127.0.0.1") not in _LOOPBACK and not given.get("PROMPTLY_METRICS_TOKEN"):
        yield warning(
            "settings",
            "/metrics can be read by everybody who reaches the operations port.",
            "Set PROMPTLY_METRICS_TOKEN, or leave PROMPTLY_OPS_HOST at 127.0.0.1.",
        )
    public = _address(given.get("PROMPTLY_PUBLIC_URL", ""))
    if public is not None and public.hostname not in _LOOPBACK:
        if public.scheme != "https":
            yield warning(
                "settings",
                "Passwords and keys travel to PROMPTLY_PUBLIC_URL without encryption.",
                "Put HTTPS in front (docs/https.md), and name it in PROMPTLY_PUBLIC_URL.",
            )
        if given.get("PROMPTLY_REGISTRATION", "open") == "open":
            yield warning(
                "settings",
                "Everybody who reaches this Promptly may register an organization.",
                "Set PROMPTLY_REGISTRATION=first or invite.",
            )
    for one in (place.nats_url or "").split(","):
        nats = _address(one)
        if nats is not None and nats.hostname not in _LOOPBACK and nats.username is None:
            yield warning(
                "settings",
                f"NATS at {nats.hostname} is used without a user: whoever reaches it can read and change everything.",
                "Give it the users of deploy/nats.conf, and each service its own.",
            )


def _modes(place: Installation) -> Iterator[Finding]:
    if place.home is None or not (place.home / "secrets.json").exists():
        return
    for path in (place.home, place.home / "secrets.json"):
        if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
            wanted = "700" if path.is_dir() else "600"
            yield failed(
                "settings", f"{path} can be read by other users (mode {mode:o}).", f"chmod {wanted} {_quoted(path)}"
            )


def _quoted(path: Path) -> str:
    return f"'{path}'" if " " in str(path) else str(path)


def _address(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        return parts if parts.hostname is not None else None
    except ValueError:
        return None
