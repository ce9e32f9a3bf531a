"""The page of what was run with Promptly: each target writes the tables of its own, and nothing else of the page."""

import re

from tests.fixtures.running import ROOT

PAGE = ROOT / "docs" / "clients.md"


def write(block: str, lines: list[str]) -> None:
    """Replace what stands between the block's marks; raises `ValueError` where the page has no such block."""
    text = PAGE.read_text()
    start, end = f"<!-- {block} -->\n", f"<!-- end of {block} -->"
    if start not in text or end not in text:
        raise ValueError(f"{PAGE.name} has no block {block}")
    body = "\n".join(lines).strip()
    PAGE.write_text(
        re.sub(f"{re.escape(start)}.*?{re.escape(end)}", lambda _: f"{start}\n{body}\n\n{end}", text, flags=re.DOTALL)
    )
