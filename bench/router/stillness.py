"""Does the decision stay when a prompt is only dressed differently?"""

from collections.abc import Callable, Sequence

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import OptimizeRequest
from services.optimizer.app import load_similarity
from services.optimizer.pipeline import Optimizer

Dressing = Callable[[str], str]


def dressings(model_dir: str) -> dict[str, Dressing]:
    """Ways to say the same."""
    optimizer = Optimizer(load_similarity(model_dir), cache_bytes=1_000_000)
    settings = OptimizationSettings(level="moderate")

    def optimized(prompt: str) -> str:
        messages = msgspec.Raw(msgspec.json.encode([{"role": "user", "content": prompt}]))
        reply = optimizer.answer(OptimizeRequest(model="gpt-4o", messages=messages, settings=settings))
        return str(msgspec.json.decode(reply.messages)[0]["content"]) if reply.changed else prompt

    return {
        "upper case": str.upper,
        "lower case": str.lower,
        "blanks and lines": lambda prompt: "\n  ".join(prompt.split()),
        "please, thanks": lambda prompt: f"Could you please help me? {prompt} Thank you very much!",
        "after the optimizer": optimized,
    }


def stays(prompts: Sequence[str], dress: Dressing, decide: Callable[[str], str | None]) -> float:
    """The share of prompts whose decision is the same, 0 to 1."""
    return sum(decide(prompt) == decide(dress(prompt)) for prompt in prompts) / len(prompts)
