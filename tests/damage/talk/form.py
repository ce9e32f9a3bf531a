"""What every request has to be, whatever was left out of it: a conversation that any chat template accepts."""

import re

from tests.damage.asking import Messages, Sent, text_of

_INSTRUCTIONS = ("system", "developer")
_COUNTS = re.compile(r"(\d+) user and (\d+) assistant")
_SAID = re.compile(
    r"\b(?:pruned|removed|left out|omitted|hidden|dropped|earlier (?:context|messages)|seen earlier)\b", re.IGNORECASE
)


def faults(messages: Messages, sent: Sent, *, documents: bool = False, agent: bool = False) -> list[str]:
    """What is wrong with the form of what is sent.

    The turn to be answered may hold `documents`, some of which may go. An `agent` whose results are user messages may go on
    from any step behind its task: no step answers a person.
    """
    newest = [] if documents else _newest(messages, sent)
    answers = [] if agent else _answers(messages, sent)
    return [
        *_instructions(messages, sent),
        *_opening(messages, sent),
        *answers,
        *_calls(sent),
        *newest,
    ]


def unsaid(messages: Messages, sent: Sent) -> list[str]:
    """Messages that went without a word about it in what is sent, and counts that are not true."""
    there = set(sent.positions)
    gone = [message for i, message in enumerate(messages) if i not in there]
    if not gone:
        return []
    notes = _notes(messages, sent)
    if not any(_SAID.search(note) for note in notes):
        return [f"{len(gone)} messages went, and nothing says so"]
    true = tuple(sum(message["role"] == role for message in gone) for role in ("user", "assistant"))
    counts = [(int(m[1]), int(m[2])) for note in notes for m in _COUNTS.finditer(note)]
    return [f"{count} were said to be gone, {true} are" for count in counts if count != true]


def _notes(messages: Messages, sent: Sent) -> list[str]:
    """What was put in: messages of our own, and the lines that a message did not have before."""
    notes = []
    for place, text in zip(sent.positions, sent.texts(), strict=True):
        before = text_of(messages[place]) if place >= 0 else ""
        notes.append("\n".join(line for line in text.split("\n") if line not in before))
    return notes


def _instructions(messages: Messages, sent: Sent) -> list[str]:
    before = sum(message["role"] in _INSTRUCTIONS for message in messages)
    places = [i for i, message in enumerate(sent.messages) if message["role"] in _INSTRUCTIONS]
    found = []
    if len(places) > max(1, before):
        found.append(f"{len(places)} system messages instead of {before}")
    if before <= 1 and places and places[0] != 0:
        found.append("the system message does not stand first")
    return found


def _opening(messages: Messages, sent: Sent) -> list[str]:
    before = next((m["role"] for m in messages if m["role"] not in _INSTRUCTIONS), "")
    after = next((m["role"] for m in sent.messages if m["role"] not in _INSTRUCTIONS), "")
    return [f"the conversation begins with {after}"] if after != "user" and before == "user" else []


def _answers(messages: Messages, sent: Sent) -> list[str]:
    """The first message behind a gap is no answer, unless the turn that it belongs to is there."""
    there = set(sent.positions)
    found = []
    for place in sorted(there - {-1}):
        if messages[place]["role"] != "assistant" or place - 1 in there or place == 0:
            continue
        asked = next((i for i in range(place, -1, -1) if messages[i]["role"] == "user"), None)
        if asked is not None and asked not in there:
            found.append(f"message {place} answers a turn that is not there")
    return found


def _calls(sent: Sent) -> list[str]:
    """Each result stands behind its call, and each call has its results."""
    open_calls: set[str] = set()
    found = []
    for message in sent.messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                found.append("a tool's result without its call")
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            found.append("a call without its result")
        open_calls = {one["id"] for one in message.get("tool_calls") or ()}
    return found


def _newest(messages: Messages, sent: Sent) -> list[str]:
    last = messages[-1]
    if last["role"] == "user" and text_of(last) != text_of(sent.messages[-1]):
        return ["the turn to be answered is not as it was"]
    return []
