"""What is said in place of dropped messages: how many there were, and the values that later turns may need."""

import re
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.remembered import current, remembered

VALUES_LABEL = "Values seen earlier:"
VALUES_MOST = 60
_LOOKED_FOR = 4  # times as many
_NOTE = re.compile(r"\[(?:\d+ earlier messages? left out\.|Values seen earlier: )")

# E-mail addresses, amounts with a currency sign, and whatever of four characters or more holds a digit: ids, dates,
# times, phone and order numbers. Nothing here knows any product's formats.
_VALUE = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+|[$€£¥]\s?\d[\d.,]*\d|[$€£¥]\d|(?<!\w)[\w#@][\w.:/#@+-]{2,62}\w(?!\w|\"\s*:)"
)
# A machine's time of day says when something was stored; what people plan by is the date.
_CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
# An expression was worked out, and a number in it is a value by itself.
_WORKED_OUT = re.compile(r"[\d\s.,+*/()$%-]+")
_SHORT_STRING = re.compile(r'"(?!\s)([^"\\,]{2,30})(?<!\s)"(?!\s*:)')
_SHORT_NUMBER = re.compile(r"\d[\d.,]{0,5}")
# A string that is one word in capitals names something: an airport, a currency, a record.
_CODE = re.compile(r'"([A-Z][A-Z_]{2,30})"(?!\s*:)')
_HAS_DIGIT = re.compile(r"\d")


def summary(dropped: Sequence[Message]) -> str:
    """The sentence that stands for dropped messages, with their true counts."""
    user = sum(message.role == "user" for message in dropped)
    assistant = sum(message.role == "assistant" for message in dropped)
    return f"[Earlier context pruned: {user} user and {assistant} assistant messages were removed to save tokens.]"


def left_out(dropped: Sized, values: str) -> str:
    """What stands where messages were: how many, and the values that they named. In brackets, for it is nobody's word."""
    count = len(dropped)
    return f"[{count} earlier message{'' if count == 1 else 's'} left out.{' ' if values else ''}{values}]"


def is_note(message: Message) -> bool:
    """Whether a message is such a note and nothing else."""
    return bool(_NOTE.match(message.text)) and message.role != "user"


def values_line(dropped: Sequence[Message], kept: Iterable[Message], most: int = VALUES_MOST) -> str:
    """The latest values that the dropped messages name and the kept ones do not, or nothing."""
    texts = [text for message in kept for text in said(message)]
    still_there, known = "\n".join(texts), {value for text in texts for value in find_values(text)}
    # Whatever is a part of another value there is looked for in all of the text, which is done for the latest only.
    doubtful = islice((value for value in _latest(dropped) if value not in known), _LOOKED_FOR * most)
    missing = list(islice((value for value in doubtful if value not in still_there), most))[::-1]
    return f"{VALUES_LABEL} {' '.join(map(_named, missing))}" if missing else ""


def _latest(messages: Sequence[Message]) -> Iterator[str]:
    """The values of messages, each once, the last to be named first: of a long history only the end is read."""
    seen: set[str] = set()
    for message in reversed(messages):
        for value in reversed(named(message)):
            if value not in seen:
                seen.add(value)
                yield value


def _named(value: str) -> str:
    """A blank parts two values at no cost in tokens; one that holds blanks is quoted."""
    return f'"{value}"' if " " in value else value


def named(message: Message) -> tuple[str, ...]:
    """The values of a message, in order. Of a tool's plain numbers only the long ones: the short are amounts and counts."""
    parts: tuple[str | bytes, ...] = ("named", message.digest or b"")
    if message.digest is None:
        texts = message.texts()
        parts = ("named", f"{message.is_tool_result} {len(texts)}", *texts, *_arguments(message))
    return current().get(parts, lambda: tuple(_named_in(message)))


def _named_in(message: Message) -> Iterator[str]:
    for text in said(message):
        for value in find_values(text):
            if not (message.is_tool_result and _SHORT_NUMBER.fullmatch(value)):
                yield value
        if message.is_tool_result:
            yield from _CODE.findall(text)
    yield from used(message)


def find_values(text: str) -> Iterable[str]:
    """The values in a text, in order, repeats included."""
    yield from _values(text)


@remembered
def _values(text: str) -> tuple[str, ...]:
    return tuple(_search(text))


def _search(text: str) -> Iterator[str]:
    for match in _VALUE.finditer(text):
        value = match.group()
        if _CLOCK.fullmatch(value):
            continue
        if "@" in value or (_HAS_DIGIT.search(value) and (len(value) >= 4 or value[0] in "$€£¥")):
            yield value


def said(message: Message) -> list[str]:
    """All text of a message: its content and the arguments of its tool calls."""
    return message.texts() + _arguments(message)


def used(message: Message) -> Iterator[str]:
    """Short strings that a tool was called with, digits or not: what served once is likely to be asked for again."""
    for arguments in _arguments(message):
        for match in _SHORT_STRING.finditer(arguments):
            if not (" " in match[1] and _WORKED_OUT.fullmatch(match[1])):
                yield match[1]


def _arguments(message: Message) -> list[str]:
    calls = message.data.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    arguments = [function.get("arguments") for function in functions if isinstance(function, dict)]
    return [text for text in arguments if isinstance(text, str)]
