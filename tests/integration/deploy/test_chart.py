"""The Helm chart: rendered by Helm's engine, held to Kubernetes' schemas, and to the code that its pods run."""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bench import chart_reference
from bench.settings_reference import settings
from libs.common.settings import load
from libs.common.version import VERSION
from services.gateway.settings import GatewaySettings
from tests.chart.rendered import CHART, SETS, VERSIONS, Rendered, render, values_of
from tests.fixtures.running import ROOT
from tests.integration.deploy.test_compose import SERVICES, new_secrets, settings_type

pytestmark = pytest.mark.slow
MADE_BY_KUBERNETES = {"NATS_PASSWORD", "POSTGRES_PASSWORD", "SSL_CERT_FILE", "PGSSLROOTCERT"}
# What the chart refuses, by a word of the sentence.
REFUSED: dict[str, dict[str, Any]] = {
    "Name your NATS servers in nats.hosts": {"nats": {"bundled": False}},
    "Name your Postgres in postgres.host": {"postgres": {"bundled": False}},
    "Several caches need a Qdrant server": {"qdrant": {"bundled": False}, "cache": {"replicas": 2}},
    "settings.nats_url is set by the chart itself": {"settings": {"nats_url": "nats://elsewhere:4222"}},
    "replica": {"gateway": {"replica": 3}},
    "networkpolicy": {"networkpolicy": {"enabled": False}},
    "minReplicas": {"auth": {"autoscaling": {"minReplicas": "three"}}},
    "pullPolicy": {"image": {"pullPolicy": "Sometimes"}},
}
PLANTED = {"gateway": {"extraEnv": [{"name": "A", "worth": "1"}]}, "auth": {"resources": {"limits": ["1Gi"]}}}


@pytest.fixture(scope="module")
def everything() -> dict[str, Rendered]:
    found, lint = render(
        {**{name: values_of(name) for name in SETS}, **REFUSED, "planted": PLANTED, "default": {}}, VERSIONS
    )
    assert lint == []
    return found


@pytest.fixture(params=SETS)
def chart(request: pytest.FixtureRequest, everything: dict[str, Rendered]) -> Rendered:
    return everything[request.param]


def workloads(chart: Rendered) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every template of a pod, by the name of what makes it."""
    for kind in ("Deployment", "StatefulSet", "Job"):
        for name, manifest in chart.of(kind).items():
            yield f"{kind} {name}", manifest["spec"]["template"]


def component(chart: Rendered, service: str) -> dict[str, Any]:
    found: dict[str, Any] = chart.of("Deployment")[f"demo-promptly-{service}"]["spec"]["template"]
    return found


def environment(container: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """What the process sees: Kubernetes puts in what stands before."""
    found: dict[str, str] = {}
    for one in container["env"]:
        if "valueFrom" in one:
            found[one["name"]] = secrets[one["valueFrom"]["secretKeyRef"]["key"]]
        else:
            found[one["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], one["value"])
    return found


def all_secrets() -> dict[str, str]:
    """What the script makes, and what the sets of values name besides."""
    bucket = {f"PROMPTLY_EXPORT_S3_{name}_KEY": "k" * 20 for name in ("ACCESS", "SECRET")}
    return {**new_secrets(), **bucket, "PROMPTLY_SMTP_URL": "smtp://mail.example.com:587"}


def test_every_manifest_is_what_three_versions_of_kubernetes_know(chart: Rendered) -> None:
    assert chart.error == ""
    assert chart.wrong == {version: [] for version in VERSIONS}
    assert set(chart.unknown) <= {"monitoring.coreos.com/v1 ServiceMonitor"}
    assert {f"demo-promptly-{service}" for service in SERVICES} <= set(chart.of("Deployment"))


def test_the_schemas_are_looked_at(everything: dict[str, Rendered]) -> None:
    for version in VERSIONS:
        assert len(everything["planted"].wrong[version]) == 2


@pytest.mark.parametrize("sentence", REFUSED)
def test_values_that_cannot_work_are_refused_with_a_sentence(sentence: str, everything: dict[str, Rendered]) -> None:
    assert sentence in everything[sentence].error
    assert everything[sentence].files == {}


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_builds_the_service_s_settings(service: str, chart: Rendered, tmp_path: Path) -> None:
    (container,) = component(chart, service)["spec"]["containers"]
    secrets = all_secrets()
    env = environment(container, secrets)
    (config,) = [one for name, one in chart.of("ConfigMap").items() if name == "demo-promptly"]
    file = tmp_path / "promptly.yaml"
    file.write_text(config["data"]["promptly.yaml"])
    assert env["PROMPTLY_CONFIG"] == "/etc/promptly/promptly.yaml"
    made = load(settings_type(service), {**env, "PROMPTLY_CONFIG": str(file)})
    own = {f"PROMPTLY_{name.upper()}" for name in made.__struct_fields__}
    assert set(env) - own <= MADE_BY_KUBERNETES | {"PROMPTLY_CONFIG"}, "a variable that this service does not read"
    for url in made.nats_url.split(","):
        assert (urlsplit(url).username, urlsplit(url).password) == (service, secrets[f"NATS_{service.upper()}"])
        assert urlsplit(url).port == 4222
    for name, value in yaml.safe_load(file.read_text()).items():
        assert name in {one.name for one in settings() if not one.secret}
        if name in made.__struct_fields__:
            assert getattr(made, name) == value


def test_the_secret_holds_what_the_script_makes_and_nothing_else_is_asked_of_it(chart: Rendered) -> None:
    known = set(all_secrets())
    for name, pod in workloads(chart):
        for container in pod["spec"]["containers"]:
            for one in container.get("env", ()):
                if "valueFrom" in one:
                    reference = one["valueFrom"]["secretKeyRef"]
                    assert reference["name"] == "promptly", name
                    assert reference["key"] in known, name
    assert chart.of("Secret") == {}


def test_nothing_runs_as_root_or_writes_where_it_must_not(chart: Rendered) -> None:
    for name, pod in workloads(chart):
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["securityContext"]["runAsUser"] > 0, name
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["spec"]["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert "memory" in container["resources"]["limits"], name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name


def test_services_lead_to_ports_of_pods_that_are_there(chart: Rendered) -> None:
    pods = dict(workloads(chart))
    for name, service in chart.of("Service").items():
        wanted = service["spec"]["selector"].items()
        chosen = [pod for pod in pods.values() if wanted <= pod["metadata"]["labels"].items()]
        assert len(chosen) == 1, name
        ports = {port["name"] for container in chosen[0]["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, name
    for kind in ("Deployment", "StatefulSet"):
        for name, manifest in chart.of(kind).items():
            chosen_by = manifest["spec"]["selector"]["matchLabels"].items()
            assert chosen_by <= manifest["spec"]["template"]["metadata"]["labels"].items(), name


def test_what_scales_and_what_protects_names_a_deployment(chart: Rendered) -> None:
    deployments = chart.of("Deployment")
    for name, scaler in chart.of("HorizontalPodAutoscaler").items():
        target = deployments[scaler["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target["spec"], f"{name}: an upgrade would undo what it scaled to"
        assert "cpu" in target["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    for name, budget in chart.of("PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"] == deployments[name]["spec"]["selector"]["matchLabels"]


def test_gateways_follow_requests_under_way_by_the_metric_s_name(everything: dict[str, Rendered]) -> None:
    scaler = everything["ha"].of("HorizontalPodAutoscaler")["demo-promptly-gateway"]
    cpu, in_flight = scaler["spec"]["metrics"]
    assert cpu["resource"]["target"]["averageUtilization"] == 60
    assert in_flight["pods"]["metric"]["name"] in (ROOT / "docs" / "metrics.md").read_text()


def test_a_pod_may_reach_what_its_variables_name_and_is_reached_where_it_listens(chart: Rendered) -> None:
    policies = chart.of("NetworkPolicy")
    if not policies:
        assert values_of("minimal")["networkPolicy"]["enabled"] is False
        return
    for service in (*SERVICES, "operator"):
        (container,) = component(chart, service)["spec"]["containers"]
        policy = policies[f"demo-promptly-{service}"]["spec"]
        allowed = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
        for name, value in environment(container, all_secrets()).items():
            for url in value.split(",") if "://" in value else ():
                assert urlsplit(url).port in allowed, f"{service}: {name}"
        listening = {port["containerPort"] for port in container.get("ports", ())}
        assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == listening
        assert policies[f"demo-promptly-{service}"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert 4222 not in {
        port["port"] for rule in policies["demo-promptly-migrations"]["spec"]["egress"] for port in rule["ports"]
    }


def test_analytics_reaches_a_bucket_where_one_is_named(everything: dict[str, Rendered]) -> None:
    def ports(name: str) -> set[int]:
        policy = everything[name].of("NetworkPolicy")["demo-promptly-analytics"]["spec"]
        return {port["port"] for rule in policy["egress"] for port in rule["ports"]}

    assert {443, 8443, 9000} <= ports("external")
    assert not {443, 9000} & ports("bundled")


def test_migrations_come_first_and_are_those_of_the_services_that_have_tables(chart: Rendered) -> None:
    jobs = chart.of("Job")
    if not jobs:
        return
    (job,) = jobs.values()
    bundled = bool(chart.of("StatefulSet"))
    assert job["metadata"]["annotations"]["helm.sh/hook"] == ("pre-upgrade" if bundled else "pre-install,pre-upgrade")
    with_tables = {path.parents[1].name for path in (ROOT / "services").glob("*/store/migrations")}
    commands = {one["name"]: one["command"] for one in job["spec"]["template"]["spec"]["containers"]}
    assert commands == {name: ["python", "-m", "libs.common.db", name] for name in with_tables}
    # Nothing of the release is there yet when it runs.
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]


def test_probes_ask_the_port_of_operations(chart: Rendered) -> None:
    for service in SERVICES:
        (container,) = component(chart, service)["spec"]["containers"]
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "ops"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "ops"}
        assert {"name": "ops", "containerPort": 9090} in container["ports"]


def test_a_gateway_is_not_killed_while_its_streams_may_still_end(everything: dict[str, Rendered]) -> None:
    pod = component(everything["default"], "gateway")["spec"]
    env = environment(pod["containers"][0], new_secrets())
    made = load(GatewaySettings, {name: value for name, value in env.items() if name != "PROMPTLY_CONFIG"})
    assert pod["terminationGracePeriodSeconds"] >= made.stop_delay_seconds + made.stream_drain_seconds + 15


def test_streams_pass_the_ingress_as_they_come(everything: dict[str, Rendered]) -> None:
    (ingress,) = everything["external"].of("Ingress").values()
    annotations = ingress["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    secrets = {"PROMPTLY_KEY_PEPPER": "p" * 32, "PROMPTLY_KEK": base64.b64encode(b"k" * 32).decode()}
    longest = load(GatewaySettings, secrets).stream_timeout
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= longest
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend["port"]["name"] in {
        port["name"] for port in everything["external"].of("Service")[backend["name"]]["spec"]["ports"]
    }
    assert (
        "public_url: https://llm.example.com"
        in everything["external"].of("ConfigMap")["demo-promptly"]["data"]["promptly.yaml"]
    )
    assert "annotations" not in next(iter(everything["ha"].of("Ingress").values()))["metadata"]


def test_prometheus_is_told_of_all_seven(everything: dict[str, Rendered]) -> None:
    chart = everything["external"]
    (monitor,) = chart.of("ServiceMonitor").values()
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    seen = {name for name, one in chart.of("Service").items() if wanted <= one["metadata"]["labels"].items()}
    assert seen == {f"demo-promptly-{service}" for service in SERVICES}
    (endpoint,) = monitor["spec"]["endpoints"]
    for name in seen:
        assert endpoint["port"] in {port["name"] for port in chart.of("Service")[name]["spec"]["ports"]}
    assert endpoint["authorization"]["credentials"]["key"] in new_secrets()


def test_what_is_made_of_the_values_is_made_anew() -> None:
    assert chart_reference.SCHEMA.read_text() == chart_reference.schema(), "`make settings` writes it anew"
    page = chart_reference.PAGE.read_text()
    assert page == chart_reference.page(page), "`make settings` writes it anew"
    source, copy = chart_reference.NATS
    assert source.read_text() == copy.read_text(), "`make settings` copies it"


def test_every_value_says_what_it_means() -> None:
    text = chart_reference.VALUES.read_text()
    said = chart_reference.meanings(text)
    for path in chart_reference.paths(yaml.safe_load(text)):
        above = [path.rsplit(".", count)[0] for count in range(path.count(".") + 1)]
        assert any(one in said for one in above), path


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)
    for dependency in chart["dependencies"]:
        own = yaml.safe_load((CHART / "charts" / dependency["name"] / "Chart.yaml").read_text())
        assert own["version"] == dependency["version"]
