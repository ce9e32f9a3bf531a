"""Links of pages, from where they stand in the repository to where they stand on the site. Pure: text in, text out."""

import posixpath
import re
from collections.abc import Mapping
from typing import Final

# Pages of the site that do not stand in docs/: where they are in the repository, and on the site.
ELSEWHERE: Final[Mapping[str, str]] = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "sdk/python/README.md": "sdk-python.md",
    "sdk/node/README.md": "sdk-node.md",
}
_LINK: Final = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_DOCS: Final = "docs/"


def for_site(text: str, page: str) -> str:
    """The text of the page at `page` (a path in the repository) with links that work on the site. A link to a file that is not on the
    site, such as one of the code, is left as its words.
    """
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_rewritten(text[at : fence.start()], page), fence[0]]
        at = fence.end()
    return "".join([*parts, _rewritten(text[at:], page)])


def _rewritten(text: str, page: str) -> str:
    def one(match: re.Match[str]) -> str:
        words, link = match[1], match[2]
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:") or not target:
            return match[0]
        there = site_path(posixpath.normpath(posixpath.join(posixpath.dirname(page), target)))
        if there is None:
            return words
        here = site_path(page) or ""
        relative = posixpath.relpath(there, posixpath.dirname(here) or ".")
        return f"[{words}]({relative}{'#' + anchor if anchor else ''})"

    return _LINK.sub(one, text)


def site_path(path: str) -> str | None:
    """Where a file of the repository is on the site; None: it is not there."""
    if path in ELSEWHERE:
        return ELSEWHERE[path]
    return path.removeprefix(_DOCS) if path.startswith(_DOCS) and "." in posixpath.basename(path) else None
