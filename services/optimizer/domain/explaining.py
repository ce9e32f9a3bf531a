"""What each part of a request is, and why levers leave it alone: for whoever asks before they send it."""

from collections.abc import Iterator, Sequence

from libs.common.contracts.optimizer import PartNote
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.kinds import kinds
from services.optimizer.domain.plan import Plan


def parts(messages: Sequence[Message], plan: Plan) -> Iterator[PartNote]:
    """One note for each text of each message, in order."""
    for message in messages:
        for number, text in enumerate(message.texts()):
            found = kinds(text)
            yield PartNote(
                message=message.position,
                part=number,
                role=message.role,
                kinds=found,
                left_alone=_why(message, found, plan),
            )


def _why(message: Message, found: Sequence[str], plan: Plan) -> str:
    if message.marked:
        return "The client marked it for the provider's cache."
    if message.unchangeable:
        return "It stands where the client's format leaves nothing to change."
    if message.role == "assistant":
        return "What the model said is never reworded."
    if message.is_tool_result:
        if message.call is None:
            return "Nobody knows which call it answers, so it may be a file."
        if message.call.reads():
            return "It may be a file, which is edited by quoting it."
        return "" if plan.runs("minify") and found == ("structured",) else "Only JSON as a whole is written shorter."
    if "prose" not in found:
        return f"It is {' and '.join(found) or 'empty'}: sent byte for byte."
    others = [kind for kind in found if kind != "prose"]
    return f"Its {' and '.join(others)} is sent byte for byte." if others else ""
