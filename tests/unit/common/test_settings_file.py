"""Settings out of a file: what it may hold, what it must not, and who wins."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.settings import CommonSettings, SettingsError, load
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings

ROOT = Path(__file__).parents[3]
SECRETS = {"PEPPER": "p" * 32, "KEK": base64.b64encode(b"k" * 32).decode()}


def loaded(path: Path, cls: type[Any] = CommonSettings, **env: str) -> Any:
    return load(cls, {"PROMPTLY_CONFIG": str(path), **env})


def file(folder: Path, text: str, name: str = "promptly.toml") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_a_variable_wins_over_the_file_and_an_empty_one_does_not(tmp_path: Path) -> None:
    path = file(tmp_path, 'log_level = "debug"\nmax_headers = 7\nops_port = 9000\n')
    found = loaded(path, PROMPTLY_OPS_PORT="9001", PROMPTLY_LOG_LEVEL="")
    assert (found.log_level, found.max_headers, found.ops_port) == ("debug", 7, 9001)


def test_all_services_share_one_file_in_either_format(tmp_path: Path) -> None:
    toml = file(
        tmp_path,
        'key_pepper = "env:PEPPER"\nkek = "env:KEK"\nport = 8080\nnats_replicas = 3\ncredits = "off"\n'
        "optimizer_workers = 4\ncredit_leasing = false\nkeep_alive = 20\n",
    )
    yaml = file(
        tmp_path,
        "key_pepper: env:PEPPER\nkek: env:KEK\nport: 8080\nnats_replicas: 3\ncredits: off\n"
        "optimizer_workers: 4\ncredit_leasing: false\nkeep_alive: 20\n",
        "promptly.yaml",
    )
    one, other = (loaded(path, GatewaySettings, **SECRETS) for path in (toml, yaml))
    assert one == other
    assert (one.port, one.credits, one.credit_leasing, one.keep_alive, one.key_pepper) == (
        8080,
        "off",
        False,
        20.0,
        "p" * 32,
    )


def test_a_secret_comes_from_a_file_of_its_own_or_a_variable(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("metrics-token\n")
    path = file(tmp_path, f'metrics_token = "file:{tmp_path}/token"\nnats_url = "env:BUS"\n')
    found = loaded(path, BUS="nats://u:p@h:4222")
    assert (found.metrics_token, found.nats_url) == ("metrics-token", "nats://u:p@h:4222")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("log_levle: debug\n", "line 1: log_levle: there is no such setting; is it log_level?"),
        (
            "log_level: a\nPROMPTLY_OPS_PORT: 1\n",
            "line 2: PROMPTLY_OPS_PORT: there is no such setting; is it ops_port?",
        ),
        ("zzz: 1\n", "line 1: zzz: there is no such setting. docs/settings.md has all of them."),
        ("gateway: {port: 1}\n", "line 1: gateway: there is no such setting"),
        ("ops_port: many\n", "line 1: ops_port: Expected `int`, got `str`."),
        ("ops_port: true\n", "line 1: ops_port: Expected `int`, got `bool`."),
        ("log_level: 7\n", "line 1: log_level: Expected `str`, got `int`."),
        ("nats_replicas: 2\n", "line 1: nats_replicas: Invalid enum value 2."),
        ("log_level: [a]\n", "line 1: log_level: it has one value, not a list or names with values."),
        ("log_level:\n", "line 1: log_level: it has one value, not a list or names with values."),
        ("metrics_token: in-the-clear\n", "line 1: metrics_token: a secret does not stand in this file."),
        ("nats_url: nats://u:in-the-clear@h:1\n", "line 1: nats_url: a secret does not stand in this file."),
        (
            "nats_url: 'nats://a:1,nats://u:in-the-clear@h:1'\n",
            "line 1: nats_url: a secret does not stand in this file.",
        ),
        ("metrics_token: env:NOT_SET\n", "line 1: metrics_token: the environment variable NOT_SET is not set."),
        ("metrics_token: file:/nowhere/token\n", "line 1: metrics_token: the file /nowhere/token cannot be read."),
        ("a: [\n", "line 2: this is not valid YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line_and_without_the_value(
    tmp_path: Path, text: str, words: str
) -> None:
    path = file(tmp_path, text, "promptly.yaml")
    with pytest.raises(SettingsError) as refused:
        loaded(path)
    assert str(refused.value).startswith(f"{path}, {words}")
    assert "in-the-clear" not in str(refused.value)


def test_an_address_without_a_password_may_stand_there(tmp_path: Path) -> None:
    assert loaded(file(tmp_path, 'nats_url = "nats://h:1,nats://i:1"\n')).nats_url == "nats://h:1,nats://i:1"


def test_a_required_setting_may_come_from_the_file_alone(tmp_path: Path) -> None:
    path = file(tmp_path, 'jwt_secret = "env:PEPPER"\nkey_pepper = "env:PEPPER"\nkek = "env:KEK"\n')
    with pytest.raises(SettingsError, match="PROMPTLY_DATABASE_URL is not set"):
        loaded(path, AuthSettings, **SECRETS)
    assert loaded(path, AuthSettings, PROMPTLY_DATABASE_URL="postgresql:///x", **SECRETS).kek == SECRETS["KEK"]


def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "ops_port = 1\n")
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="chmod o-w"):
        loaded(path)


def test_a_file_that_is_not_there_is_refused_where_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        loaded(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"\.toml"):
        loaded(file(tmp_path, "", "promptly.ini"))


def test_the_working_directory_is_looked_at_and_two_files_are_one_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Small(msgspec.Struct, frozen=True, kw_only=True):
        max_headers: int = 1

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PROMPTLY_")]:
        monkeypatch.delenv(name)
    assert load(Small).max_headers == 1
    file(tmp_path, "max_headers = 7\n")
    assert load(Small).max_headers == 7
    assert load(Small, {}).max_headers == 1
    file(tmp_path, "max_headers: 8\n", "promptly.yaml")
    with pytest.raises(SettingsError, match="name one in PROMPTLY_CONFIG"):
        load(Small)
    monkeypatch.setenv("PROMPTLY_CONFIG", "promptly.yaml")
    assert load(Small).max_headers == 8


def test_a_service_says_what_is_wrong_with_the_file_and_does_not_start(tmp_path: Path) -> None:
    path = file(tmp_path, "router_refresh_second = 5\n")
    done = subprocess.run(
        [sys.executable, "-m", "services.router"],
        cwd=ROOT,
        env={**os.environ, "PROMPTLY_CONFIG": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "is it router_refresh_seconds?" in done.stdout + done.stderr
