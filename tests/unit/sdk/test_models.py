"""The models say what the gateway's document says."""

from pathlib import Path
from typing import Any, get_args

import pytest
from openai import BaseModel

import promptly
from services.gateway.http.openapi.document import document

DOCUMENT: dict[str, Any] = document()
FEEDBACK = DOCUMENT["components"]["schemas"]["FeedbackAnswer"]


def described(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (promptly.Metadata, described("Metadata")),
        (promptly.OptimizedPrompt, described("OptimizeAnswer")),
        (promptly.Credits, described("Credits")),
        (promptly.Feedback, FEEDBACK),
    ],
)
def test_a_model_has_the_fields_of_its_schema(model: type[BaseModel], schema: dict[str, Any]) -> None:
    assert set(model.model_fields) == set(schema["properties"])
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert required <= set(schema["required"])
    for name in required:
        assert "null" not in schema["properties"][name].get("type", ""), name


@pytest.mark.parametrize(("kind", "header"), [("Level", "Level"), ("Cache", "Cache"), ("Routing", "Routing")])
def test_a_choice_has_the_values_of_its_header(kind: str, header: str) -> None:
    schema = DOCUMENT["components"]["parameters"][header]["schema"]
    assert set(get_args(getattr(promptly, kind))) == set(schema["enum"])


def test_metadata_of_an_older_or_newer_gateway_is_read_as_it_is() -> None:
    found = [promptly.metadata_of(BaseModel.construct(promptly_metadata={"routed_model": "gpt-4o"})) for _ in "12"]
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0].routed_model, found[0].savings, found[0].optimizations) == ("gpt-4o", None, [])
    assert found[0].optimizations is not found[1].optimizations


def test_the_wheel_carries_its_types() -> None:
    folder = Path(promptly.__file__).parent
    assert (folder / "py.typed").read_bytes() == b""
