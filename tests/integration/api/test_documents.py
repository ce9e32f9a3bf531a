"""The two documents are whole: every route is in them, every reference leads somewhere, every example fits its shape."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from unittest.mock import MagicMock

import httpx
import jsonschema_rs
import msgspec
import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler

from libs.common.version import VERSION
from services.auth.domain.permissions import PUBLIC, Action
from services.auth.http.api import Parts, create_api
from services.auth.http.openapi.__main__ import main as print_document
from services.auth.http.openapi.document import document, served
from services.auth.http.openapi.operation import operation_of
from services.gateway import http as doors
from services.gateway.http.openapi.document import document as gateway_document
from tests.fixtures.gateway import Stack

API = create_api(Parts(**{field.name: MagicMock() for field in fields(Parts)}))
CONTROL_PLANE = document(API.routes)
GATEWAY = json.loads(msgspec.json.encode(gateway_document()))
DOCUMENTS = pytest.mark.parametrize("described", [GATEWAY, CONTROL_PLANE], ids=["gateway", "control-plane"])


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_call_with_a_key_may_be_over_its_limit() -> None:
    for method, path, operation in operations(GATEWAY):
        if path not in ("/healthz", "/readyz"):
            codes = operation["responses"].keys()
            assert "default" in codes or {"401", "429", "503"} <= codes, (method, path)


def gateway_routes() -> set[tuple[str, str]]:
    """Every route that a module of the gateway's web door makes, but for the documents' own and what is passed on."""
    found = set()
    for module in pkgutil.iter_modules(doors.__path__, f"{doors.__name__}."):
        for made in vars(importlib.import_module(module.name)).values():
            if isinstance(made, HTTPRouteHandler):
                found |= {(method, re.sub(r":\w+}", "}", path)) for method in made.http_methods for path in made.paths}
    return {(method, path) for method, path in found if not path.startswith(("/docs", "/api/"))}


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_every_route_of_the_gateway_is_described() -> None:
    assert {(method, path) for method, path, _ in operations(GATEWAY)} == gateway_routes()


def test_the_document_is_printed_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    print_document()
    assert json.loads(capsys.readouterr().out) == json.loads(msgspec.json.encode(CONTROL_PLANE))


def test_every_route_of_auth_is_described() -> None:
    routes = {(str(*handler.http_methods), route.path_format) for route, handler in served(API.routes)}
    assert {(method, path) for method, path, _ in operations(CONTROL_PLANE)} == routes


def test_an_answer_that_no_struct_describes_is_refused() -> None:
    @get("/api/loose", needs=PUBLIC)
    async def loose() -> dict[str, Any]:
        """An answer of any shape."""
        return {}

    ((_, made),) = served(Litestar([loose], openapi_config=None).routes)
    with pytest.raises(TypeError, match="no struct describes"):
        operation_of(made)


def test_what_needs_a_token_says_so() -> None:
    needs = {(str(*made.http_methods), route.path_format): made.opt["needs"] for route, made in served(API.routes)}
    for method, path, operation in operations(CONTROL_PLANE):
        public = needs[method, path] is PUBLIC
        assert (operation["security"] == []) is public
        assert ("403" in operation["responses"]) or public or needs[method, path] is Action.READ
        assert ("401" in operation["responses"]) or public


@DOCUMENTS
def test_references_lead_somewhere_and_names_are_what_they_should_be(described: dict[str, Any]) -> None:
    for node in nodes(described):
        if isinstance(reference := node.get("$ref"), str):
            found = described
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
    assert described["info"]["version"] == VERSION
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(names) == len(set(names))
    assert all(operation["summary"].endswith(".") for _, _, operation in operations(described))


@DOCUMENTS
def test_every_json_body_has_an_example_that_fits(described: dict[str, Any]) -> None:
    checked = 0
    for node in nodes(described):
        body = node.get("content", {}).get("application/json") if isinstance(node.get("content"), dict) else None
        if body is None or "schema" not in body or body["schema"] == {"type": "object"}:
            continue
        examples = [one["value"] for one in body.get("examples", {}).values()] or [body["example"]]
        for example in examples:
            jsonschema_rs.validate({**body["schema"], "components": described["components"]}, example)
            checked += 1
    assert checked > 20


async def test_the_page_needs_nothing_from_elsewhere(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as http:
        for page, shows in (("/docs", "gateway"), ("/docs/control-plane", "control-plane")):
            answer = await http.get(page)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/html")
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "//" not in answer.text.replace("<!", "")
            assert f'spec-url="/docs/{shows}.json"' in answer.text
            for address in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
                if address != "/docs/control-plane.json":
                    assert (await http.get(address)).status_code == 200
        assert (await http.get("/docs/gateway.json")).json() == GATEWAY
        assert (await http.get("/docs/nothing.json")).status_code == 404


async def test_without_auth_its_document_is_unavailable(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as http:
        answer = await http.get("/docs/control-plane.json")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["error"]["code"] == "service_unavailable"
