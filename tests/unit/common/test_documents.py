"""Documents that people write: what is read of them, what is refused, and in which words."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.documents import MAX_BYTES, Document, DocumentError, convert, format_of, read, written


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: int = 1


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    level: str = "a"
    inner: list[Inner] = []


def test_yaml_is_read_by_its_core_schema() -> None:
    text = b"a: off\nb: true\nc: 1:30\nd: 010\ne: 2026-01-01\nf: 1e3\ng: ~\nh: .5\ni: 7\nj: yes\nk: .inf\nl: 0x1f\n"
    assert read(text, "yaml").data == {
        "a": "off",
        "b": True,
        "c": "1:30",
        "d": "010",
        "e": "2026-01-01",
        "f": 1000.0,
        "g": None,
        "h": 0.5,
        "i": 7,
        "j": "yes",
        "k": ".inf",
        "l": "0x1f",
    }


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["off", "1e5", "1:30", "010", "2026-01-01", "~", "<<", "=", "yes", ".5", "null", "0x1f"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcxyz", min_size=1, max_size=5), _VALUES, max_size=4))
def test_what_is_written_reads_as_the_same(data: dict[str, Any]) -> None:
    assert read(written(data).encode(), "yaml").data == data


def test_the_three_formats_say_the_same() -> None:
    assert (
        read(b"level: x\ninner:\n- name: n\n", "yaml").data
        == read(b'level = "x"\n[[inner]]\nname = "n"\n', "toml").data
        == read(b'{"level": "x", "inner": [{"name": "n"}]}', "json").data
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"level: x\ninner:\n- name: n\n  colour: red\n", "line 4: inner[0].colour: there is no such field."),
        (b"inner:\n- name: n\n- size: 2\n", "line 3: inner[1]: Object missing required field `name`."),
        (b"inner:\n- name: n\n  size: big\n", "line 3: inner[0].size: Expected `int`, got `str`."),
        (b"levle: x\n", "line 1: levle: there is no such field."),
    ],
)
def test_a_message_names_the_line_and_the_field(text: bytes, words: str) -> None:
    with pytest.raises(DocumentError) as refused:
        convert(read(text, "yaml"), Outer)
    assert str(refused.value) == words


def test_without_lines_the_path_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^inner\[0\]\.colour: there is no such field\.$"):
        convert(read(b'{"inner": [{"name": "n", "colour": 1}]}', "json"), Outer)
    assert Document(data={}).place("a.b") == "a.b"


_LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (97 + level, 97 + level, b",".join([b"*%c" % (96 + level)] * 10)) for level in range(1, 9)
)
_MERGES = b"a: &a {x: 1, y: 2, z: 3}\n" + b"".join(
    b"%c: &%c {<<: [%s], k%d: 1}\n" % (97 + level, 97 + level, b",".join([b"*%c" % (96 + level)] * 10), level)
    for level in range(1, 9)
)
HOSTILE = {
    "aliases that add up": _LAUGHS,
    "merges that add up": _MERGES,
    "an alias of itself": b"a: &a [1, *a]\n",
    "deep": b"a: " + b"[" * 5000 + b"]" * 5000,
    "deep flow mappings": b"{a: " * 3000 + b"1" + b"}" * 3000,
    "large": b"a: " + b"x" * MAX_BYTES,
    "many": b"a: [" + b"1," * 60_000 + b"]",
    "not UTF-8": b"a: \xff\xfe",
    "a Python object": b"a: !!python/object/apply:os.system ['true']",
    "a name twice": b"a: 1\nb: 2\na: 3\n",
    "a name that is no text": b"? [1, 2]\n: 3\n",
    "a list at the top": b"- 1\n",
    "a text at the top": b"abc",
    "two documents": b"a: 1\n---\nb: 2\n",
    "an alias of nothing": b"a: *b\n",
    "a tab": b"a:\n\t- b\n",
    "a control character": b"a: \x01\n",
    "an int that is none": b"a: !!int zz\n",
    "a binary that is none": b"a: !!binary '%%%'\n",
    "a set that is none": b"a: !!set [1]\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_with_a_sentence(what: str) -> None:
    with pytest.raises(DocumentError, match=r"\.$"):
        read(HOSTILE[what], "yaml")


@pytest.mark.parametrize(
    ("text", "form"),
    [(b"a = ", "toml"), (b"a = 1\na = 2", "toml"), (b"{", "json"), (b"[" * 9000, "json"), (b"1", "json")],
)
def test_other_formats_are_refused_with_a_sentence_too(text: bytes, form: Any) -> None:
    with pytest.raises(DocumentError, match=r"\.$"):
        read(text, form)


def test_a_deep_toml_is_refused_with_a_sentence() -> None:
    with pytest.raises(DocumentError):
        read(b"a = " + b"[" * 9000 + b"]" * 9000, "toml")


def test_the_name_of_a_file_says_its_format() -> None:
    assert [format_of(Path(name)) for name in ("a.yml", "a.YAML", "b.toml", "c.json")] == [
        "yaml",
        "yaml",
        "toml",
        "json",
    ]
    with pytest.raises(DocumentError, match=r"\.yaml"):
        format_of(Path("state.txt"))
