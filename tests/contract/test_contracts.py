"""Contracts are only ever added to: every struct that crosses the bus has a golden schema, and survives the way there.

A golden file changes only with `UPDATE_GOLDEN=1 pytest tests/contract`, and the change shows in review.
"""

import importlib
import json
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import libs.common.contracts
from libs.common.contracts.base import Event, Rpc

GOLDEN = Path(__file__).parent / "golden"


def descriptors() -> Iterator[tuple[str, Rpc[Any, Any] | Event[Any]]]:
    for module in pkgutil.iter_modules(libs.common.contracts.__path__):
        found = importlib.import_module(f"libs.common.contracts.{module.name}")
        for name, value in vars(found).items():
            if (
                isinstance(value, Rpc | Event)
                and name.isupper()
                and value.subject.split(".")[2] in (module.name, "events")
            ):
                yield f"{module.name}.{name}", value


ALL = dict(descriptors())


def shape(value: Any) -> Any:
    """A schema without its prose, which may be reworded."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name != "description"}
    return [shape(inner) for inner in value] if isinstance(value, list) else value


def schema(value: Rpc[Any, Any] | Event[Any]) -> dict[str, Any]:
    if isinstance(value, Event):
        return {"subject": value.subject, "durable": value.durable, "payload": msgspec.json.schema(value.payload)}
    return {
        "subject": value.subject,
        "request": msgspec.json.schema(value.request),
        "reply": msgspec.json.schema(value.reply),
    }


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs(field.type)
    else:
        for argument in get_args(kind):
            yield from structs(argument)


@pytest.mark.parametrize("name", ALL)
def test_a_contract_is_what_its_golden_file_says(name: str) -> None:
    path = GOLDEN / f"{name}.json"
    text = json.dumps(shape(schema(ALL[name])), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"{name} is new: write its golden file with UPDATE_GOLDEN=1"
    assert text == path.read_text()


def test_no_contract_was_taken_away() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_subjects_follow_the_pattern(name: str) -> None:
    value = ALL[name]
    parts = value.subject.split(".")
    assert parts[:2] == ["promptly", "v1"]
    assert all(part.replace("_", "").isalpha() and part.islower() for part in parts[2:])
    assert len(parts) == (5 if isinstance(value, Event) else 4)
    assert (parts[2] == "events") == isinstance(value, Event)


@pytest.mark.parametrize("name", ALL)
def test_raw_json_is_never_optional(name: str) -> None:
    """msgspec encodes `Raw | None` and then cannot read it back."""
    value = ALL[name]
    kinds = [value.payload] if isinstance(value, Event) else [value.request, value.reply]
    for kind in kinds:
        for struct in structs(kind):
            for field in msgspec.structs.fields(struct):
                assert msgspec.Raw not in get_args(field.type), f"{struct.__name__}.{field.name}"


@pytest.mark.parametrize("name", ALL)
def test_every_kind_can_be_read_back(name: str) -> None:
    value = ALL[name]
    kinds = [value.payload] if isinstance(value, Event) else [value.request, value.reply]
    for kind in kinds:
        msgspec.json.Decoder(kind)
