"""What the demo's upstream knows: answers to the questions that the README, the SDKs' pages and the quick start ask."""

from typing import Any

_ANSWERS = {
    "hello": "Hello! How can I help you today?",
    "hi": "Hi! What can I do for you?",
    "what is the capital of portugal": "The capital of Portugal is Lisbon.",
    "what's the capital of portugal": "The capital of Portugal is Lisbon.",
    "what is the capital of france": "The capital of France is Paris.",
    "write a poem about code": (
        "A bracket opens, soft and slight,\nand waits for one to close it right;\n"
        "between the two a thought runs through,\nand what was typed at last is true."
    ),
    "which year is it, exactly": "I cannot look at a calendar: ask the system that calls me to put the date into the prompt.",
    "name three rivers": "The Danube, the Nile and the Mekong.",
    "what is a monad": (
        "A monad wraps a value together with some context, such as a possible failure, and gives you one operation, bind, "
        "to chain steps that each return a wrapped value."
    ),
    "what is recursion": (
        "Recursion is when a function solves a problem by calling itself on a smaller part of it, until a base case "
        "answers directly."
    ),
    "what's the boiling point of ethanol": "Ethanol boils at 78.4 °C at a pressure of one atmosphere.",
    "who wrote pride and prejudice": "Jane Austen wrote Pride and Prejudice; it was published in 1813.",
    "how many minutes are there in a week": "A week has 10,080 minutes: 7 × 24 × 60.",
    "what is the chemical symbol for tungsten": "The chemical symbol for tungsten is W.",
    "what does http stand for": "HTTP stands for Hypertext Transfer Protocol.",
    "in what year did the berlin wall come down": "The Berlin Wall came down in 1989.",
}


def answer(last: Any) -> str | None:
    """The answer to what the client said last, in any of the wire formats; None where it is not known."""
    parts = [last] if isinstance(last, str) else last if isinstance(last, list) else []
    texts = [part if isinstance(part, str) else part.get("text", "") for part in parts if isinstance(part, str | dict)]
    return _ANSWERS.get(" ".join(map(str, texts)).strip().rstrip("?!. ").lower())
