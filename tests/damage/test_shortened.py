"""A text by itself, as `/v1/optimize` gets it: data and code stay, and what was shortened is not shortened again."""

import pytest

from tests.damage.asking import asker
from tests.damage.corpus.catalogue import KINDS, PROSE_AND_CODE, File, of_kind
from tests.damage.judging import plain, same_value

THRESHOLDS = (0.8, 0.9, 0.95)


def _harm(file: File, after: str) -> bool:
    if file.nature == "json":
        return not same_value(file.text, after)
    if file.nature == "blanks":
        return plain(after) != plain(file.text)
    if file.nature == "parts":
        return any(after.count(part) != file.text.count(part) for part in file.parts)
    return after != file.text


@pytest.mark.parametrize("kind", [*KINDS, PROSE_AND_CODE])
def test_a_text_by_itself_keeps_what_it_holds(kind: str) -> None:
    harmed, again, count = [], [], 0
    for file in of_kind(kind):
        for threshold in THRESHOLDS:
            count += 1
            once = asker().shorten(file.text, threshold)
            if _harm(file, once):
                harmed.append(f"{file.name} at {threshold}")
            if once != file.text and asker().shorten(once, threshold) != once:
                again.append(f"{file.name} at {threshold}")
    assert not harmed, f"{len(harmed)} of {count} changed: {harmed[:5]}"
    assert not again, f"{len(again)} of {count} changed again: {again[:5]}"
