"""The environment that Node runs in."""

import os
from collections.abc import Mapping


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with some variables of the child's own."""
    return {**os.environ, **own}


def search_path() -> str:
    """Where commands are looked for."""
    return os.environ["PATH"]
