"""What a Gemini model's name says about it."""

import re

_GENERATION = re.compile(r"gemini-(\d{1,3})(?:\.(\d{1,3}))?")
_FLOATING = re.compile(r"gemini-(?:[a-z]+-)+latest$")


def generation(model: str) -> tuple[int, int]:
    """A model's generation, such as (2, 5). A name that floats with the newest counts as 3, what is not Gemini as 0."""
    if (found := _GENERATION.search(model)) is not None:
        return int(found[1]), int(found[2] or 0)
    return (3, 0) if _FLOATING.search(model) else (0, 0)


def preview(model: str) -> bool:
    """Whether it is, or may from one day to the next become, a preview model."""
    return "preview" in model or _FLOATING.search(model) is not None


def least_level(model: str) -> str:
    """The least that a model of the third generation or later can be told to think."""
    light = generation(model) < (3, 7) and "pro" not in model and _FLOATING.search(model) is None
    return "minimal" if light else "low"
