"""Where the version stands, and what one is. Pure."""

import re
from collections.abc import Mapping

from bench.release.changelog import Refused

# Each file with the expression whose second group is the version.
PLACES: Mapping[str, re.Pattern[str]] = {
    "pyproject.toml": re.compile(r'^(version = ")([^"]+)(")$', re.MULTILINE),
    "libs/common/version.py": re.compile(r'^(VERSION: Final = ")([^"]+)(")$', re.MULTILINE),
    "deploy/helm/promptly/Chart.yaml": re.compile(r"^((?:version|appVersion): )(\S+)()$", re.MULTILINE),
}
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parsed(version: str) -> tuple[int, int, int]:
    """The three numbers. `Refused` for anything else, also for a candidate: what is tagged is released."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise Refused(
            f"{version!r} is not a version. Write three numbers with points between: make release VERSION=0.2.0"
        )
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def current(texts: Mapping[str, str]) -> str:
    """The version that all places have. `Refused` where they differ."""
    found = {
        match[1]: place
        for place, pattern in PLACES.items()
        for match in map(_version_of, pattern.finditer(texts[place]))
    }
    if len(found) != 1:
        said = ", ".join(f"{version} in {place}" for version, place in found.items())
        raise Refused(f"The places that say which version this is do not agree: {said}.")
    return next(iter(found))


def _version_of(match: "re.Match[str]") -> tuple[str, str]:
    return match[1], match[2]


def with_version(texts: Mapping[str, str], version: str) -> dict[str, str]:
    """The same files with another version."""
    return {place: pattern.sub(rf"\g<1>{version}\g<3>", texts[place]) for place, pattern in PLACES.items()}
