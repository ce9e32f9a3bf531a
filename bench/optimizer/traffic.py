"""Requests as applications send them, by class, with what each answer hangs on. Written before any figure was seen.

A conversation is drawn at a random one of its requests, so early ones are as frequent as late ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.optimizer import chains, shop, two_hops
from bench.optimizer.data import Messages
from bench.optimizer.tools import CODING, SHOP, Tools
from bench.optimizer.world import World
from tests.damage.asking import assistant, call, result, system, user
from tests.damage.corpus.catalogue import changed, of_kind
from tests.damage.corpus.words import Dice
from tests.damage.talk.examples import EXAMPLES
from tests.damage.talk.pasted import report
from tests.damage.talk.transcripts import Transcript, native_tools, text_tools

Loss = Literal["task lost", "examples lost", "pasted material lost", "file changed", "passage lost"]
_FILES = ("python", "typescript", "go", "sql", "yaml", "stack trace", "app log", "csv", "json")


@dataclass(frozen=True)
class Request:
    """One request; `answer` is how many tokens its answer usually has, `held` what has to be in what is sent."""

    messages: Messages
    answer: int
    tools: Tools
    held: tuple[tuple[Loss, str], ...] = ()


def support_with_tools(dice: Dice) -> Request:
    """A shop's assistant with a policy of some length, and JSON from its order system."""
    messages = [
        system(shop.policy(dice, dice.randint(12, 40))),
        *shop.conversation(dice, dice.randint(2, 14), tools=True),
    ]
    return Request(_until(messages, dice), 70, SHOP)


def support(dice: Dice) -> Request:
    """The same without tools."""
    messages = [
        system(shop.policy(dice, dice.randint(6, 25))),
        *shop.conversation(dice, dice.randint(1, 12), tools=False),
    ]
    return Request(_until(messages, dice), 90, [])


def coding_chat(dice: Dice) -> Request:
    """Somebody pastes a file and its next version, and talks about it."""
    file = dice.choice(of_kind(dice.one(_FILES)))
    messages = [
        system("You are an experienced programmer. Show code in fences."),
        user(f"Look at this:\n\n{file.text}\n\n{shop.asked(dice)}"),
    ]
    newest = file.text.strip("\r\n")
    for turn in range(dice.randint(0, 14)):
        messages += [assistant(shop.explained(dice)), user(shop.asked(dice))]
        if turn == 3:
            later = changed(file, dice.randint(1, 9))
            messages += [assistant("Show me."), user(f"It is now like this:\n\n{later.text}")]
            newest = later.text.strip("\r\n")
    return Request(messages, 350, [], (("pasted material lost", newest),))


def documents_chat(dice: Dice) -> Request:
    """Retrieved passages and a question that one or two of them answer."""
    world = World(1_000 + dice.randint(0, 30))
    asked = chains.ask(world, dice.choice((1, 1, 1, 2)), dice.randint(0, 99), ())
    messages = two_hops.FORMATS[dice.choice(list(two_hops.FORMATS)[:8])](asked)
    return Request(messages, 60, [], tuple(("passage lost", asked.passages[i][1]) for i in asked.gold))


def extraction(dice: Dice) -> Request:
    """A document in, JSON out, in one turn."""
    text = (
        report(dice)
        if dice.random() < 0.5
        else dice.choice(of_kind(dice.one(("csv", "key values", "html", "app log")))).text
    )
    instructions = (
        "Extract people, places, years and amounts from the text below. Answer with JSON only:\n\n"
        '{\n  "people": [],\n  "places": [],\n  "years": [],\n  "amounts": []\n}\n\n'
        "Write names as they stand in the text. Leave a list empty where the text holds nothing for it."
    )
    held: tuple[tuple[Loss, str], ...] = (("pasted material lost", text.strip("\r\n")),)
    if dice.random() < 0.5:
        return Request([system(instructions), user(text)], 160, [], held)
    return Request([user(f"{instructions}\n\n{text}")], 160, [], held)


def native_agent(dice: Dice) -> Request:
    """A coding agent with native tools, which reads files again."""
    transcript = dice.choice(native_tools())
    messages, held = _cut_short(transcript, dice)
    if dice.random() < 0.5:
        file = dice.choice(of_kind("python"))
        reading = [call("again", "read_file", {"path": file.name}), result("again", file.text)]
        messages = [*messages, *reading]
        held = (*held, ("file changed", file.text))
    return Request(messages, 130, CODING, held)


def text_agent(dice: Dice) -> Request:
    """An agent whose results are user messages."""
    messages, held = _cut_short(dice.choice(text_tools()), dice)
    return Request(messages, 150, [], held)


def by_example(dice: Dice) -> Request:
    """Classification and the like, taught by pairs."""
    examples = dice.choice(EXAMPLES)
    held: list[tuple[Loss, str]] = [("examples lost", text) for pair in examples.pairs for text in pair]
    return Request(examples.messages(), 12, [], tuple(held))


def long_instructions(dice: Dice) -> Request:
    """A system prompt of thousands of tokens before a short question."""
    messages = [system(shop.policy(dice, dice.randint(60, 140))), user(shop.asked(dice))]
    return Request(messages, 180, [])


def other_language(dice: Dice) -> Request:
    """A chat that is not in English."""
    kind = dice.one(("german", "french", "spanish", "portuguese", "chinese"))
    texts = [line for file in of_kind(kind) for line in file.text.split("\n") if line]
    messages = [system(dice.one(texts))]
    for _ in range(dice.randint(1, 9)):
        messages += [user(dice.one(texts)), assistant(dice.one(texts))]
    return Request([*messages, user(dice.one(texts))], 120, [])


# How many of a hundred requests are of which class.
CLASSES: dict[str, tuple[int, Callable[[Dice], Request]]] = {
    "support with tools": (18, support_with_tools),
    "support": (14, support),
    "coding chat": (14, coding_chat),
    "retrieved documents": (12, documents_chat),
    "extraction": (12, extraction),
    "agent, native tools": (10, native_agent),
    "agent, text tools": (6, text_agent),
    "by example": (6, by_example),
    "long instructions": (4, long_instructions),
    "not English": (4, other_language),
}


def _until(messages: Messages, dice: Dice) -> Messages:
    """The conversation up to one of its requests: what an assistant's message answers."""
    ends = [i for i, message in enumerate(messages) if message["role"] == "assistant" and i > 1]
    return messages[: dice.choice([*ends, len(messages)])] if ends else messages


def _cut_short(transcript: Transcript, dice: Dice) -> tuple[Messages, tuple[tuple[Loss, str], ...]]:
    messages = _until(transcript.messages, dice)
    said = "\n".join(str(message["content"]) for message in messages if message["role"] == "user")
    return messages, tuple(("task lost", text) for text in transcript.must if text in said)
