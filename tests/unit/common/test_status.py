"""How a service says how it is, and which version."""

import tomllib
from pathlib import Path

from libs.common.bus import MemoryBus
from libs.common.contracts.status import SERVICES, AskStatus, status_of
from libs.common.runner import App, AppStatus
from libs.common.version import VERSION


async def test_a_service_says_how_it_is_from_its_first_moment_on() -> None:
    bus, shown = MemoryBus(), AppStatus(App(missing=lambda: ("start",)))
    await bus.serve(status_of("router"), shown.status)
    assert (await bus.call(status_of("router"), AskStatus())).missing == ("start",)
    shown.app = App(degraded=lambda: ["postgres"])
    answer = await bus.call(status_of("router"), AskStatus())
    assert (answer.version, answer.missing, answer.degraded) == (VERSION, (), ("postgres",))


def test_every_service_is_asked() -> None:
    root = Path(__file__).parents[3]
    assert {path.parent.name for path in (root / "services").glob("*/__main__.py")} == set(SERVICES)
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"] == VERSION
