"""Old tool results cut short: their beginning and the values in the rest."""

from services.optimizer.domain.notes import find_values

HEAD_CHARACTERS = 300
WHOLE_RESULTS = 1
VALUES_MOST = 40


def mask(result: str) -> str:
    """The first characters of a result, then how much is hidden and which values the hidden part holds."""
    head, hidden = result[:HEAD_CHARACTERS], result[HEAD_CHARACTERS:]
    if not hidden:
        return result
    values = [value for value in dict.fromkeys(find_values(hidden)) if value not in head][-VALUES_MOST:]
    named = f" Values: {', '.join(values)}" if values else ""
    return f"{head} [{len(hidden)} characters hidden.{named}]"
