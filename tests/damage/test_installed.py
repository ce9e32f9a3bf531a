"""Real files of this machine's Python arrive as they are, too."""

from tests.damage.asking import asker
from tests.damage.corpus.installed import installed
from tests.damage.judging import same_value
from tests.damage.table import Row, rows


def test_a_real_file_arrives_as_it_is() -> None:
    found: dict[str, Row] = rows(asker(), installed())
    harmed = {kind: row.said() for kind, row in found.items() if row.harmed}
    assert not harmed, "\n".join(f"{kind}: {said}" for kind, said in harmed.items())
    assert all(row.applied == row.edits for row in found.values())


def test_a_real_file_by_itself_stays_and_is_done_after_one_run() -> None:
    for file in installed()[::3]:
        once = asker().shorten(file.text, 0.9)
        assert same_value(file.text, once) if file.nature == "json" else once == file.text, file.name
        assert asker().shorten(once, 0.9) == once, file.name
