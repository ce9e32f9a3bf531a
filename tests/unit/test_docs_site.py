"""The documentation holds together: every page is in the site's contents, every link leads to a page and a heading that are there, and what
troubleshooting quotes is what the code says.
"""

import os
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.site.links import ELSEWHERE, for_site, site_path
from tests.fixtures.running import ROOT

DOCS = ROOT / "docs"
SITE: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        *(ROOT / name for name in ("README.md", *ELSEWHERE)),
        *(ROOT / "services").glob("*/README.md"),
    ]
)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def headings(text: str) -> set[str]:
    """The anchors of a page's headings, as the site makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
        anchor = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
        while anchor in found:  # a second heading of the same words
            stem, _, number = anchor.rpartition("_")
            anchor = f"{stem}_{int(number) + 1}" if stem and number.isdigit() else f"{anchor}_1"
        found.add(anchor)
    return found


def broken(page: Path, text: str) -> list[str]:
    """Links of a text, as it stands in `page`, that lead nowhere."""
    found = []
    for link in _LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        there = page if not target else Path(os.path.normpath(page.parent / target))
        if not there.exists() or (anchor and (there.suffix != ".md" or anchor not in headings(prose(there)))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something(page: Path) -> None:
    assert broken(page, prose(page)) == []


@pytest.mark.parametrize(
    "link", ["nowhere.md", "metrics.md#nothing", "../services/nothing.py", "#not-here", "images/none.webp"]
)
def test_a_planted_broken_link_is_found(link: str) -> None:
    page = DOCS / "operations.md"
    assert broken(page, f"See [there]({link}), and [here](metrics.md#metrics).") == [link]


def test_anchors_are_made_as_the_site_makes_them() -> None:
    made = headings("# A / B: `x` in 2\n## Café\n## The *same*\n## The same\n")
    assert made == {"a-b-x-in-2", "cafe", "the-same", "the-same_1"}


def named(contents: Any) -> list[str]:
    """The pages that the site's contents name, in their order."""
    if isinstance(contents, str):
        return [contents]
    values = contents.values() if isinstance(contents, dict) else contents
    return [page for value in values for page in named(value)]


def test_the_contents_name_every_page_once() -> None:
    there = named(SITE["nav"])
    assert sorted(there) == sorted([*(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")), *ELSEWHERE.values()])


def test_the_contents_have_what_readers_look_for() -> None:
    assert [title for one in SITE["nav"] for title in one] == [
        *("Start", "Concepts", "Endpoints", "Clients", "Operations", "Project", "Decisions")
    ]


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert SITE["theme"]["font"] is False
    assert "://" not in re.sub(r"#.*", "", (ROOT / "mkdocs.yml").read_text())


def test_links_are_as_the_site_has_them() -> None:
    text = "[a](../CHANGELOG.md) [b](../services/gateway/app.py) [c](https://x.y/z) ![p](images/x.webp) [d](metrics.md#metrics)"
    assert for_site(text, "docs/upgrade.md") == (
        "[a](changelog.md) b [c](https://x.y/z) ![p](images/x.webp) [d](metrics.md#metrics)"
    )
    assert for_site("[m](../../CHANGELOG.md) [n](../metrics.md)", "docs/integrations/curl.md") == (
        "[m](../changelog.md) [n](../metrics.md)"
    )
    assert for_site("[o](docs/metrics.md#metrics)", "CHANGELOG.md") == "[o](metrics.md#metrics)"
    fenced = "```\n[x](../services/a.py)\n```\n"
    assert for_site(fenced, "docs/metrics.md") == fenced
    assert site_path("docs/decisions") is None


def test_what_troubleshooting_quotes_is_what_the_code_says() -> None:
    code = "\n".join(path.read_text() for top in ("services", "libs", "deploy") for path in (ROOT / top).rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", code)
    rows = re.findall(
        r"^\| (?:\d{3} \| )?([A-Z][^|`]*?|PROMPTLY_…[^|]*?) \|", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE
    )
    pieces = [piece.strip() for row in rows for piece in re.split(r"…|(?<=\.) ", row) if len(piece.strip()) > 8]
    assert len(pieces) > 20
    assert [piece for piece in pieces if piece not in joined and piece.rstrip(".") not in joined] == []
