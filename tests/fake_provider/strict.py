"""Strict mode: refuses what the real provider refuses, with its status and words.

What can be said as data is in `strict_rules.json`; the keys that a body may have are in `sdk_keys.json`.
"""

from tests.fake_provider import strict_anthropic, strict_google, strict_openai, strict_responses
from tests.fake_provider.rules import Refused, Sent
from tests.fake_provider.script import Step

__all__ = ["Sent", "refusal"]

_CHECKS = {
    "openai": strict_openai.check,
    "anthropic": strict_anthropic.check,
    "google": strict_google.check,
    "responses": strict_responses.check,
}


def refusal(provider: str, sent: Sent) -> Step | None:
    """The error that a request gets; None for one that the provider would take."""
    try:
        _CHECKS[provider](sent)
    except Refused as refused:
        return refused.step
    except (AttributeError, KeyError, TypeError):
        return Step(status=400, message="The body has a value of the wrong type.")
    return None
