"""docker-compose.yml, read as Docker would read it: every host, port, command, file and extra that it names is there."""

import fnmatch
import importlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
import pytest
import uvicorn
import yaml
from nats.errors import Error as NatsError

from libs.common.bus.access import USERS, users_conf
from libs.common.db.engine import behind_pgbouncer
from libs.common.settings import CommonSettings, load
from services.gateway.settings import GatewaySettings
from tests.fixtures.nats import NatsServer

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
SERVICES = ("gateway", "auth", "cache", "optimizer", "router", "analytics", "alerts")
SECRETS = {
    "POSTGRES_PASSWORD": "p" * 32,
    "PROMPTLY_KEK": "A" * 43 + "=",
    "PROMPTLY_ALERTS_KEK": "B" * 42 + "A=",
    "PROMPTLY_KEY_PEPPER": "k" * 32,
    "PROMPTLY_JWT_SECRET": "j" * 32,
    "PROMPTLY_METRICS_TOKEN": "m" * 32,
    "PROMPTLY_BOOTSTRAP_TOKEN": "b" * 32,
    "QDRANT_API_KEY": "q" * 32,
    **{f"NATS_{user.upper()}": f"n{user}" for user in USERS},
}
# What the images of other projects listen on, by their own documentation.
PORTS = {"postgres": {5432}, "qdrant": {6333, 6334}, "jaeger": {4317, 4318, 16686}, "pgbouncer": {5432}}
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


TRAEFIK = ROOT / "deploy" / "traefik"
# Imports the operator's commands where nothing is installed but what the given file names.
_IMPORTED = """
import re, sys
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions
pinned = set(re.findall(r"^([a-z0-9.-]+)==", open(sys.argv[1]).read(), re.MULTILINE))
known = packages_distributions()

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        owners = {one.lower().replace("_", "-") for one in known.get(name.partition(".")[0], ())} - {"promptly", "promptly-gateway"}
        if owners and not owners & pinned:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import deploy.operator.__main__
"""


class Refused(Exception):
    """Compose would not start."""


def substitute(value: str, env: dict[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if env.get(name):
            return env[name]
        if operator == ":?":
            raise Refused(rest)
        return rest or ""

    return _VARIABLE.sub(one, value)


def environment(service: str, env: dict[str, str]) -> dict[str, str]:
    """What the container of a service sees: the image's ENV, then compose's."""
    found = dict(re.findall(r"(PROMPTLY_\w+)=(\S+)", DOCKERFILE))
    for name, value in COMPOSE["services"][service]["environment"].items():
        found[name] = substitute(str(value), env)
    return found


def settings_type(service: str) -> type[CommonSettings]:
    module = importlib.import_module(f"services.{service}.settings")
    (found,) = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, CommonSettings) and value.__module__ == module.__name__
    ]
    return found


def test_the_seven_services_and_their_servers_are_there() -> None:
    assert set(COMPOSE["services"]) == {
        *SERVICES,
        "nats",
        "postgres",
        "pgbouncer",
        "qdrant",
        "jaeger",
        "traefik",
        "operator",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_builds_the_service_s_settings(service: str) -> None:
    env = environment(service, SECRETS)
    settings = load(settings_type(service), env)
    known = {f"PROMPTLY_{name.upper()}" for name in settings.__struct_fields__}
    image = set(re.findall(r"(PROMPTLY_\w+)=", DOCKERFILE))
    assert set(env) - image <= known, "a variable that this service does not read"
    assert settings.nats_url == f"nats://{service}:n{service}@nats:4222"


@pytest.mark.parametrize("service", SERVICES)
def test_every_host_and_port_that_is_named_exists(service: str) -> None:
    env = environment(service, SECRETS)
    for name, value in env.items():
        if "://" not in value or name == "PROMPTLY_TRACE_URL":
            continue
        url = urlsplit(value)
        assert url.hostname in COMPOSE["services"], f"{name} names {url.hostname}"
        assert url.port in listening(url.hostname or ""), f"{name} names port {url.port} of {url.hostname}"


def listening(service: str) -> set[int]:
    if service == "nats":
        return {
            int(re.search(r'^listen: "0\.0\.0\.0:(\d+)"', (ROOT / "deploy/nats.conf").read_text(), re.MULTILINE)[1])
        }
    if service == "auth":
        return {int(environment("auth", SECRETS)["PROMPTLY_AUTH_PORT"])}
    return PORTS[service]


def test_links_to_traces_lead_to_the_published_port_of_jaeger() -> None:
    (published,) = COMPOSE["services"]["jaeger"]["ports"]
    address, port, _ = substitute(published, {}).split(":")
    assert address == "127.0.0.1", "its page asks for no password"
    assert environment("auth", SECRETS)["PROMPTLY_TRACE_URL"] == f"http://localhost:{port}/trace/{{trace_id}}"
    elsewhere = environment("auth", {**SECRETS, "PROMPTLY_JAEGER_URL": "https://traces.example.com"})
    assert elsewhere["PROMPTLY_TRACE_URL"] == "https://traces.example.com/trace/{trace_id}"


def test_the_published_port_leads_through_traefik_to_every_gateway() -> None:
    (published,) = COMPOSE["services"]["traefik"]["ports"]
    front = yaml.safe_load((TRAEFIK / "traefik.yml").read_text())
    inside = substitute(published, {}).rpartition(":")[2]
    assert front["entryPoints"]["web"]["address"] == f":{inside}"
    routes = yaml.safe_load((TRAEFIK / "routes.yml").read_text())["http"]
    (router,) = routes["routers"].values()
    balancer = routes["services"][router["service"]]["loadBalancer"]
    gateway = environment("gateway", SECRETS)
    assert balancer["servers"] == [{"url": f"http://gateway:{gateway['PROMPTLY_PORT']}"}]
    assert balancer["serversTransport"] in routes["serversTransports"]
    assert set(router["middlewares"]) == set(routes["middlewares"])
    assert "sticky" not in balancer
    (mounted,) = COMPOSE["services"]["traefik"]["volumes"]
    assert front["providers"]["file"]["filename"] == f"{mounted.split(':')[1]}/routes.yml"


def test_streams_are_not_cut_nor_held_back_on_the_way() -> None:
    front = yaml.safe_load((TRAEFIK / "traefik.yml").read_text())["entryPoints"]["web"]["transport"]
    assert front["respondingTimeouts"]["writeTimeout"] == "0s"
    routes = yaml.safe_load((TRAEFIK / "routes.yml").read_text())["http"]
    assert routes["services"]["gateway"]["loadBalancer"]["responseForwarding"]["flushInterval"] == "-1ns"
    timeouts = routes["serversTransports"]["gateway"]["forwardingTimeouts"]
    assert timeouts["responseHeaderTimeout"] == "0s"
    assert int(timeouts["idleConnTimeout"].removesuffix("s")) < uvicorn.Config(lambda: None).timeout_keep_alive
    drain = load(GatewaySettings, environment("gateway", SECRETS)).stream_drain_seconds
    grace = int(COMPOSE["services"]["traefik"]["stop_grace_period"].removesuffix("s"))
    assert drain < int(front["lifeCycle"]["graceTimeOut"].removesuffix("s")) < grace


def test_gateways_believe_the_front_and_nobody_else() -> None:
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert substitute(network["subnet"], {}) == environment("gateway", SECRETS)["PROMPTLY_TRUSTED_PROXIES"]
    assert {name for name, one in COMPOSE["services"].items() if "front" in one.get("networks", ())} == {
        "traefik",
        "gateway",
    }


def test_any_service_may_run_many_times() -> None:
    for name in SERVICES:
        assert not {"ports", "container_name", "hostname"} & set(COMPOSE["services"][name]), name


def test_services_find_postgres_through_pgbouncer_where_env_says_so() -> None:
    env = {
        **SECRETS,
        "PROMPTLY_DATABASE_HOST": "pgbouncer:5432",
        "PROMPTLY_DATABASE_OPTIONS": "?pgbouncer=true",
    }
    for service in ("auth", "analytics", "alerts"):
        direct = load(settings_type(service), environment(service, SECRETS)).database_url  # type: ignore[attr-defined]
        assert (urlsplit(direct).hostname, behind_pgbouncer(direct)) == ("postgres", False)
        pooled = load(settings_type(service), environment(service, env)).database_url  # type: ignore[attr-defined]
        assert (urlsplit(pooled).hostname, behind_pgbouncer(pooled)) == ("pgbouncer", True)
    definition = COMPOSE["services"]["pgbouncer"]
    assert definition["environment"]["POOL_MODE"] == "transaction"
    assert definition["environment"]["DB_HOST"] in COMPOSE["services"]


def test_the_operator_s_commands_run_beside_the_services() -> None:
    definition = COMPOSE["services"]["operator"]
    assert definition["profiles"] == ["operator"]
    dockerfile = (ROOT / definition["build"]["dockerfile"]).read_text()
    assert 'ENTRYPOINT ["python", "-m", "deploy.operator"]' in dockerfile
    for source in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE):
        assert (ROOT / source).exists(), source
    url = substitute(definition["environment"]["PROMPTLY_NATS_URL"], SECRETS)
    assert url == "nats://operator:noperator@nats:4222"
    pinned = ROOT / "requirements" / "operator.txt"
    subprocess.run([sys.executable, "-c", _IMPORTED, pinned], cwd=ROOT, check=True)


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_of_a_service_can_be_built_from_what_is_here(service: str) -> None:
    build = COMPOSE["services"][service]["build"]
    assert build["args"] == {"SERVICE": service}
    assert (ROOT / build["dockerfile"]).exists()
    assert (ROOT / f"requirements/{service}.txt").exists()
    assert (ROOT / f"services/{service}/__main__.py").exists()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert service in extras
    for source in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE):
        assert (ROOT / source.replace("${SERVICE}", service)).exists(), source


def test_the_gateway_s_image_carries_the_dashboard_where_it_looks_for_it() -> None:
    assert environment("gateway", SECRETS)["PROMPTLY_DASHBOARD_DIR"] == "/dashboard"
    assert "gateway) mv /dist /dashboard" in DOCKERFILE
    assert "COPY --from=build /dashboard /dashboard" in DOCKERFILE
    package = json.loads((ROOT / "dashboard" / "package.json").read_text())
    (node,) = re.findall(r"^ARG NODE=(\d+)", DOCKERFILE, re.MULTILINE)
    assert int(node) >= int(package["engines"]["node"].removeprefix(">=").split(".")[0])


@pytest.mark.parametrize("service", SERVICES)
def test_dependencies_and_volumes_are_declared(service: str) -> None:
    definition = COMPOSE["services"][service]
    for name, condition in definition["depends_on"].items():
        assert name in COMPOSE["services"]
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in COMPOSE["services"][name]
    for volume in definition.get("volumes", ()):
        assert volume.split(":")[0] in COMPOSE["volumes"]


def test_configuration_files_that_are_mounted_exist() -> None:
    for definition in COMPOSE["services"].values():
        for volume in definition.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source


@pytest.mark.parametrize("missing", SECRETS)
def test_compose_refuses_to_start_without_its_secrets(missing: str) -> None:
    env = {name: value for name, value in SECRETS.items() if name != missing}
    with pytest.raises(Refused, match=missing):
        substitute((ROOT / "docker-compose.yml").read_text(), env)


def new_secrets() -> dict[str, str]:
    done = subprocess.run([ROOT / "deploy" / "new-secrets"], check=True, capture_output=True, text=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_the_script_makes_every_secret_that_is_asked_for_and_never_the_same_twice() -> None:
    first, second = new_secrets(), new_secrets()
    assert set(SECRETS) <= set(first)
    assert all(len(value) >= 32 for value in first.values())
    assert not set(first.values()) & set(second.values())
    substitute((ROOT / "docker-compose.yml").read_text(), first)


def test_the_users_of_nats_are_those_of_the_code() -> None:
    text = (ROOT / "deploy" / "nats.conf").read_text()
    made = users_conf(lambda user: f"$NATS_{user.upper()}")
    assert text[text.index("authorization {") :] == made, "run: python -m libs.common.bus.access deploy/nats.conf"


async def test_nats_lets_in_whom_compose_sends_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = new_secrets()
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    server = NatsServer(tmp_path)
    text = (ROOT / "deploy" / "nats.conf").read_text()
    server.settings = text[text.index("authorization {") :]
    server.start()
    try:
        for service in SERVICES:
            url = environment(service, env)["PROMPTLY_NATS_URL"].replace("@nats:4222", f"@127.0.0.1:{server.port}")
            client = await nats.connect(url, allow_reconnect=False)
            assert client.is_connected
            await client.close()
        for url in (server.url, server.url.replace("//", "//gateway:wrong@")):
            with pytest.raises((NatsError, OSError)):
                await nats.connect(url, allow_reconnect=False, connect_timeout=2)
    finally:
        server.stop()


@pytest.mark.parametrize("name", [".env", ".env.production"])
def test_secrets_stay_out_of_git_and_of_images(name: str) -> None:
    for ignored in (".gitignore", ".dockerignore"):
        patterns = (ROOT / ignored).read_text().splitlines()
        assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns), ignored


def test_no_container_takes_all_the_memory_and_one_port_is_for_everybody() -> None:
    for name, definition in COMPOSE["services"].items():
        assert "mem_limit" in definition, name
    published = {name: definition["ports"] for name, definition in COMPOSE["services"].items() if "ports" in definition}
    assert set(published) == {"traefik", "jaeger"}


def test_containers_run_as_nobody_special_and_are_asked_how_they_are() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "/readyz" in final.partition("HEALTHCHECK")[2]
    assert "exec python -m services.$SERVICE" in final
    for service in SERVICES:
        definition = COMPOSE["services"][service]
        assert definition["read_only"] is True
        assert definition["cap_drop"] == ["ALL"]
