"""The data of strict mode, and what its checks have in common."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from tests.fake_provider.script import Step

_HERE = Path(__file__).parent
RULES: dict[str, Any] = json.loads((_HERE / "strict_rules.json").read_text())
KEYS: dict[str, dict[str, list[str]]] = json.loads((_HERE / "sdk_keys.json").read_text())


class Sent(NamedTuple):
    """A request as it arrived; header names are lower-case."""

    model: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    stream: bool


class Refused(Exception):
    """A request that the provider does not take; `step` is the error that it gets."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.message)
        self.step = step


def refuse(message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> NoReturn:
    """Ends the check with an error."""
    raise Refused(Step(status=status, message=message, code=code, param=param))


def family(provider: str, model: str) -> dict[str, Any] | None:
    """The rules of a model's family; None for a model that the provider does not have."""
    families: list[dict[str, Any]] = RULES[provider]["families"]
    return next((one for one in families if re.match(one["models"], model)), None)


def unknown_key(provider: str, kind: str, value: Mapping[str, Any]) -> str | None:
    """The first key that an object of this kind does not have; kinds that nobody wrote down have any."""
    known = KEYS[provider].get(kind)
    return None if known is None else next((key for key in value if key not in known), None)
