"""The types of the SDK for Node against the document of the API."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.gateway.http.openapi.document import document

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "sdk" / "node" / "src"
DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
PARAMETERS = DOCUMENT["components"]["parameters"]


def fields(interface: str) -> dict[str, tuple[bool, bool]]:
    """An interface's fields: whether each is always there, and whether it can be null."""
    body = re.search(rf"^export interface {interface} {{\n(.*?)^}}", _source("types"), re.MULTILINE | re.DOTALL)
    assert body
    found = re.findall(r"^  (\w+)(\??): (.*);$", body[1], re.MULTILINE)
    return {name: (not optional, kind.endswith("| null")) for name, optional, kind in found}


def words(union: str, module: str) -> set[str]:
    """The texts that a union is made of."""
    body = re.search(rf"^export type {union} =(.*?);$", _source(module), re.MULTILINE | re.DOTALL)
    assert body
    return set(re.findall(r'"([^"]+)"', body[1]))


def _source(module: str) -> str:
    return (SOURCES / f"{module}.ts").read_text()


def _said(schema: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {name: (name in schema["required"], _nullable(kind)) for name, kind in schema["properties"].items()}


def _nullable(kind: dict[str, Any]) -> bool:
    return "null" in kind.get("type", ()) or {"type": "null"} in kind.get("anyOf", ())


@pytest.mark.parametrize(
    ("interface", "schema"), [("Metadata", "Metadata"), ("OptimizedPrompt", "OptimizeAnswer"), ("Credits", "Credits")]
)
def test_the_interfaces_are_the_schemas(interface: str, schema: str) -> None:
    assert fields(interface) == _said(SCHEMAS[schema])


def test_the_feedback_s_answer_is_the_document_s() -> None:
    answer = DOCUMENT["paths"]["/v1/feedback"]["post"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/FeedbackAnswer"}
    assert fields("Feedback") == _said(SCHEMAS["FeedbackAnswer"])


@pytest.mark.parametrize(
    ("union", "module", "said"),
    [
        ("Lever", "types", SCHEMAS["Metadata"]["properties"]["optimizations"]["items"]["enum"]),
        ("RoutingReason", "types", SCHEMAS["Metadata"]["properties"]["routing_reason"]["enum"]),
        ("Rating", "types", SCHEMAS["FeedbackRequest"]["properties"]["rating"]["enum"]),
        ("Level", "options", PARAMETERS["Level"]["schema"]["enum"]),
        ("CacheMode", "options", PARAMETERS["Cache"]["schema"]["enum"]),
        ("Routing", "options", PARAMETERS["Routing"]["schema"]["enum"]),
    ],
)
def test_the_unions_are_the_enums(union: str, module: str, said: list[str]) -> None:
    assert words(union, module) == set(said)
