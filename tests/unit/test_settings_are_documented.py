"""A setting that nobody can read about is not one: each service's README names all of its own."""

import importlib
from pathlib import Path

import pytest

from libs.common.contracts.status import SERVICES
from libs.common.settings import CommonSettings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("service", SERVICES)
def test_the_readme_names_every_setting_of_the_service(service: str) -> None:
    module = importlib.import_module(f"services.{service}.settings")
    own = {
        name
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, CommonSettings) and value is not CommonSettings
        for name in value.__struct_fields__
    } - {*CommonSettings.__struct_fields__}
    text = (ROOT / "services" / service / "README.md").read_text()
    assert [name for name in sorted(own) if name.upper() not in text] == []
