"""No file comes out other than it went in: a quarter of the kinds."""

import pytest

from tests.damage.asking import asker
from tests.damage.corpus.catalogue import kinds, of_kind
from tests.damage.table import Row, rows


@pytest.mark.parametrize("kind", kinds(3, 4))
def test_a_file_arrives_as_it_is(kind: str) -> None:
    row = rows(asker(), of_kind(kind)).get(kind, Row())
    assert row.checked > 100
    assert row.harmed == 0, row.said()
    assert row.substance == 0
    assert row.applied == row.edits
