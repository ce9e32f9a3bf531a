"""What msgspec finds wrong with a body, as an error that names the field."""

import re

from libs.common.errors import BadRequest


def invalid(text: str) -> BadRequest:
    """msgspec says "<what> - at `$.messages[0].role`"; the path becomes the field."""
    what, _, path = text.partition(" - at `$")
    if missing := re.search(r"required field `([^`]+)`", what):
        field = f"{path.strip('.`')}.{missing[1]}".strip(".")
        return BadRequest(f"`{field}` is required.", param=field)
    field = path.strip(".`")
    return BadRequest(f"`{field}`: {what}." if field else f"The body: {what}.", param=field or None)
