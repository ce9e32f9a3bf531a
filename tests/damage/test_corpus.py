"""The material itself: enough of it, the same at each run, and readable by the readers that judge what became of it."""

import json

import pytest

from tests.damage.asking import text_of
from tests.damage.corpus.catalogue import KINDS, PROSE_AND_CODE, changed, files, of_kind
from tests.damage.corpus.words import Dice
from tests.damage.placements import PLACEMENTS
from tests.damage.readers import Unreadable, read
from tests.damage.talk.examples import EXAMPLES
from tests.damage.talk.pasted import conversations
from tests.damage.talk.transcripts import native_tools, text_tools
from tests.fixtures.tables import read_table


def test_there_is_enough_of_it() -> None:
    assert len(files()) >= 600
    assert len({file.text for file in files()}) == len(files())
    assert len({file.kind for file in files()}) >= 24
    sizes = [file.text.count("\n") for file in files()]
    assert min(sizes) <= 6
    assert max(sizes) >= 400


@pytest.mark.parametrize("kind", [*KINDS, PROSE_AND_CODE])
def test_a_reader_reads_its_kind_and_sees_a_change(kind: str) -> None:
    for file in of_kind(kind):
        said = read(kind, file.text)
        assert said == read(kind, file.text)
        try:
            assert read(kind, file.text.replace(file.text.split()[1], "", 1)) != said or "python" in kind
        except Unreadable:
            continue


def test_a_later_version_differs_in_few_lines() -> None:
    for file in files():
        later = changed(file, 1).text
        before, after = file.text.split("\n"), later.split("\n")
        assert 1 <= sum(a != b for a, b in zip(before, after, strict=True)) <= 2, file.name


def test_each_placement_holds_the_file_that_it_says() -> None:
    for n, file in enumerate(files()):
        case = PLACEMENTS[n % len(PLACEMENTS)](file, Dice("a"))
        for expected in case.expected:
            assert expected.file.text in text_of(case.messages[expected.at])


_NESTED = {"a": 1, "b": {"c": "x", "y": 2}, "d": {"e": 1, "f": [{"g": 1, "h": [2]}, {"g": 3, "h": [4]}]}}


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ('id,name\n1,a b\n2,"c, d"', [{"id": 1, "name": "a b"}, {"id": 2, "name": "c, d"}]),
        ("id; in every row on=true\n1\n2", [{"id": n, "on": True} for n in (1, 2)]),
        ("id price.(usd eur)\n1 2 3\n4 5 6", [{"id": 1, "price": {"usd": 2, "eur": 3}}, {"id": 4, "price": {"usd": 5, "eur": 6}}]),
        ("a=1\nb: c=x y=2\nd:\n e=1\n f[2]: g h.0\n  1 2\n  3 4", _NESTED),
        ('at="12",list=[1,2],text=two words', {"at": "12", "list": [1, 2], "text": "two words"}),
        ("a: b: c=1", {"a": {"b": {"c": 1}}}),
    ],
)  # fmt: skip
def test_the_short_form_of_json_is_read_back(table: str, value: object) -> None:
    assert json.dumps(read_table(table)) == json.dumps(value)


def test_conversations_have_names_of_their_own() -> None:
    for some in (conversations(), (*text_tools(), *native_tools()), EXAMPLES):
        names = [one.name for one in some]
        assert len(set(names)) == len(names)
