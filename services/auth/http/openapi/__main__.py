"""`python -m services.auth.http.openapi` prints this API's document; nothing has to run for it."""

import sys
from dataclasses import fields
from typing import Any

import msgspec

from services.auth.http.api import Parts, create_api
from services.auth.http.openapi.document import document


def main() -> None:
    """The routes are read and never called, so nothing stands behind them."""
    nothing: dict[str, Any] = {field.name: None for field in fields(Parts)}
    text = msgspec.json.format(msgspec.json.encode(document(create_api(Parts(**nothing)).routes)))
    sys.stdout.write(f"{text.decode()}\n")


if __name__ == "__main__":
    main()
