"""Every page of docs/integrations is in its index, leads somewhere, and has something that runs it."""

import re
from pathlib import Path

from tests.fixtures.running import ROOT
from tests.integrations.__main__ import PAGES, TOOLS
from tests.integrations.agents.clients import AGENTS

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
