"""Which Promptly this is; a test holds it to the one in pyproject.toml, which an image does not carry."""

from typing import Final

VERSION: Final = "0.1.0"
