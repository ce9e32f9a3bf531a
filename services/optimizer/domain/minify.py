"""JSON without the blanks between its tokens; read lexically, so that no number or string is ever written anew."""

import re

from services.optimizer.domain.kinds import is_json

_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s"]++', re.DOTALL)


def minify(text: str) -> str:
    """A text that is JSON as a whole, without blanks; any other as it is."""
    return "".join(_TOKENS.findall(text)) if is_json(text) else text
