"""MkDocs calls these: pages from outside of docs/, and links as they are on the site."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from deploy.site.links import ELSEWHERE, for_site

_ROOT = Path(__file__).parents[2]
_BY_PAGE = {there: here for here, there in ELSEWHERE.items()}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand elsewhere in the repository."""
    for here, there in ELSEWHERE.items():
        files.append(File.generated(config, there, abs_src_path=str(_ROOT / here)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page."""
    there = page.file.src_uri
    return for_site(markdown, _BY_PAGE.get(there, f"docs/{there}"))
