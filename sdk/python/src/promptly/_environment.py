"""Where the key and the address come from when no argument names them."""

import os

DEFAULT_BASE_URL = "https://api.getpromptly.in/v1"


def key() -> str | None:
    """The key of the environment."""
    return os.environ.get("PROMPTLY_API_KEY") or None


def base_url() -> str:
    """The address of the environment, or the public one."""
    return os.environ.get("PROMPTLY_BASE_URL") or DEFAULT_BASE_URL
