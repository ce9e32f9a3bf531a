"""A setting that nobody can read about is not one: docs/settings.md is made of the code, and each service's README names all of its own."""

import base64
import importlib
from pathlib import Path

import pytest

from bench.settings_reference import NAMES, REFERENCE, names, reference, settings
from libs.common.contracts.status import SERVICES
from libs.common.sealing_settings import SealingSettings
from libs.common.settings import CommonSettings, SettingsError, load
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings

ROOT = Path(__file__).parents[2]
_KEK = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize("service", SERVICES)
def test_the_readme_names_every_setting_of_the_service(service: str) -> None:
    module = importlib.import_module(f"services.{service}.settings")
    own = {
        name
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, CommonSettings) and value.__module__ == module.__name__
        for name in value.__struct_fields__
    } - {*CommonSettings.__struct_fields__}
    text = (ROOT / "services" / service / "README.md").read_text()
    assert [name for name in sorted(own) if name.upper() not in text] == []


def test_the_reference_and_the_list_of_names_are_those_of_the_code() -> None:
    assert REFERENCE.read_text() == reference(), "`make settings` writes them anew"
    assert NAMES.read_text() == names(), "`make settings` writes them anew"


def test_every_setting_says_what_it_means() -> None:
    assert [one.name for one in settings() if not one.meaning.endswith(".")] == []


def test_what_sounds_like_a_secret_is_declared_as_one() -> None:
    words = ("secret", "token", "pepper", "kek", "api_key", "password")
    sounding = {one.name for one in settings() if any(word in one.name for word in words)}
    assert {one.name for one in settings() if one.secret} >= sounding - {"google_token_url"}
    assert {"nats_url", "database_url", "smtp_url"} <= {one.name for one in settings() if one.secret}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("response_ttl", ("0", "3600", "2592000"), ("-1", "1", "3599.9", "2592001", "nan", "inf")),
        ("response_quota_bytes", (str(32 << 20),), ("0", str((32 << 20) - 1))),
        ("deferral_ttl", ("604800", "2592000"), ("0", "604799", "2592001")),
        ("request_log_share", ("0", "0.5", "1"), ("-0.1", "1.1")),
        ("trace_sample_ratio", ("0", "0.5", "1"), ("-0.1", "1.1", "7")),
    ],
)
def test_a_range_that_a_setting_names_is_held(name: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    own = {"PROMPTLY_KEY_PEPPER": "p" * 32, "PROMPTLY_KEK": _KEK}
    for value in inside:
        assert getattr(load(GatewaySettings, {**own, f"PROMPTLY_{name.upper()}": value}), name) == float(value)
    for value in outside:
        with pytest.raises(SettingsError, match=f"PROMPTLY_{name.upper()} cannot be used"):
            load(GatewaySettings, {**own, f"PROMPTLY_{name.upper()}": value})


@pytest.mark.parametrize("settings_class", [GatewaySettings, AuthSettings])
@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("KEY_PEPPER", "p" * 31),
        ("KEK", "k" * 31),
        ("KEK", base64.b64encode(b"k" * 31).decode()),
        ("KEK", f"1:{_KEK},2:"),
    ],
)
def test_a_secret_that_is_too_short_is_refused_by_its_name_and_not_quoted(
    settings_class: type[SealingSettings], name: str, weak: str
) -> None:
    own = {"PROMPTLY_KEY_PEPPER": "p" * 32, "PROMPTLY_KEK": _KEK}
    rest = {"PROMPTLY_JWT_SECRET": "j" * 32, "PROMPTLY_DATABASE_URL": "postgresql://nowhere"}
    with pytest.raises(SettingsError, match=rf"^PROMPTLY_{name} .*\.$") as refused:
        load(settings_class, {**own, **rest, f"PROMPTLY_{name}": weak})
    assert weak not in str(refused.value)
