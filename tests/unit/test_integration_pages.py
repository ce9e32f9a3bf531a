"""Every page of docs/integrations is in its index, leads somewhere, and has something that runs it; tables of what was run are of the
versions that are locked.
"""

import re
from pathlib import Path

from tests.fixtures.running import ROOT
from tests.integrations.__main__ import PAGES, TOOLS
from tests.integrations.agents.__main__ import version as version_of_agent
from tests.integrations.agents.clients import AGENTS, MODELS
from tests.integrations.libraries.__main__ import SCENARIOS, version
from tests.integrations.libraries.clients import EMBEDDINGS, LIBRARIES
from tests.integrations.page import PAGE

NODE = {path.name for path in (ROOT / "tests" / "integrations" / "node").iterdir()}


def links(page: Path) -> set[Path]:
    return {(page.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)\)", page.read_text())}


def test_the_index_names_every_page() -> None:
    index = PAGES / "README.md"
    assert {*PAGES.glob("*.md")} - {index} <= links(index)


def test_every_link_leads_somewhere() -> None:
    for page in [*PAGES.glob("*.md"), ROOT / "sdk" / "python" / "README.md"]:
        assert not [link for link in links(page) if not link.exists()], page.name


def test_every_page_is_run() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert pages == {*TOOLS, *NODE, "coding-agents"} - {"node"}


def test_the_agents_that_are_run_are_those_of_the_page() -> None:
    page = (PAGES / "coding-agents.md").read_text()
    assert {agent.name for agent in AGENTS} == {"claude-code", "codex", "gemini-cli", "opencode", "qwen-code"}
    for heading in ("## Claude Code", "## Codex", "## Gemini CLI", "## opencode", "## Qwen Code"):
        assert heading in page


def rows(block: str) -> list[tuple[str, ...]]:
    """The rows of a table of docs/clients.md, without its head."""
    text = PAGE.read_text().split(f"<!-- {block} -->")[1].split(f"<!-- end of {block} -->")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines[1:]]


def test_the_table_of_libraries_is_of_all_that_are_run_at_their_locked_versions() -> None:
    run = [
        (f"{one.name} {version(one)}", api, model) for one in LIBRARIES for api in one.apis for model in MODELS.values()
    ]
    assert [row[:3] for row in rows("libraries")] == run


def test_the_table_of_libraries_names_the_scenarios_that_their_scripts_have() -> None:
    for library, api, model, scenarios, _ in rows("libraries"):
        (script,) = (one.script for one in LIBRARIES if library == f"{one.name} {version(one)}")
        named = re.findall(r"^(?:async )?def (\w+)\(\) -> None:$", (SCENARIOS / script).read_text(), re.MULTILINE)
        for scenario in scenarios.split(", ") if script.endswith(".py") else ():
            assert scenario.replace(" ", "_") in named, (library, api, scenario)
        assert {"unknown model"} <= {*scenarios.split(", ")}
        if model == MODELS["anthropic"]:
            assert "embeddings" not in scenarios


def test_the_table_of_agents_is_of_all_that_are_run_at_their_locked_versions() -> None:
    run = [(f"{one.name} {version_of_agent(one)}", model) for one in AGENTS for model in MODELS.values()]
    assert [row[:2] for row in rows("agents")] == run


def test_models_for_vectors_are_of_the_providers_that_are_played() -> None:
    assert EMBEDDINGS.keys() == MODELS.keys()
