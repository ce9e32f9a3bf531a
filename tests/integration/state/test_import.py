"""What `promptly import litellm` writes is applied to an organization, and applied again changes nothing."""

import re
from pathlib import Path

import pytest

from deploy.state import commands
from deploy.state.model import State
from libs.common.documents import convert, read
from tests.integration.state.conftest import ControlPlane
from tests.unit.state.test_litellm import CONFIGS

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADDRESSES = {
    "VLLM_URL": "https://vllm.example.com/v1",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/1234",
}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
async def test_an_imported_file_is_applied_once(plane: ControlPlane, config: Path, tmp_path: Path) -> None:
    text, _ = commands.import_litellm(str(config))
    named = re.findall(r": env:(\w+)", text)
    environment = {name: f"sk-of-{name}-0123456789" for name in named if name != "NAME"} | ADDRESSES
    wanted = convert(read(text.encode(), "yaml"), State)
    options = {"prune": False, "new_keys": tmp_path / "keys"}
    made = await commands.apply(plane.settings, wanted, environment, **options)
    assert bool(made) is (config.stem != "bedrock")
    assert await commands.apply(plane.settings, wanted, environment, **options) == []
