"""What is protected is found, and edits keep clear of it."""

import pytest

from services.optimizer.domain.conversation_summary import find_values
from services.optimizer.domain.repeats import once
from services.optimizer.domain.spans import Edit, apply, json_spans, merge, protected, quoted


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("before\n```python\nx  =  1\n```\nafter", "```python\nx  =  1\n```"),
        ("open\n```\nnever  closed", "```\nnever  closed"),
        ("run `make  all` now", "`make  all`"),
        ("see https://example.com/a?b=please now", "https://example.com/a?b=please"),
        ("mail a.b@example.com now", "a.b@example.com"),
        ('say "in order to" now', '"in order to"'),
        ("say “in order to” now", "“in order to”"),
        ("say 'in order to' now", "'in order to'"),
        ("Dear {{ first  name }}, hi", "{{ first  name }}"),
        ("Dear {customer_name}, hi", "{customer_name}"),
        ("use <b class='x'> now", "<b class='x'>"),
        ("<pre>a   b</pre> x", "<pre>a   b</pre>"),
        ("a <!-- please  keep --> b", "<!-- please  keep -->"),
        ('data: {"a":  [1,  2]} end', '{"a":  [1,  2]}'),
        ("rows: [10,  20,  30] end", "[10,  20,  30]"),
        ("intro\nUser: could you please\nend", "User: could you please"),
    ],
)
def test_is_protected(text: str, span: str) -> None:
    start = text.index(span)
    assert any(s <= start and start + len(span) <= e for s, e in quoted(text) + json_spans(text))


@pytest.mark.parametrize(
    "text", ["don't and can't", "a < b and c > d", "it's 5 o'clock", "the [sic] note", "a {loose brace"]
)
def test_is_not_protected(text: str) -> None:
    assert quoted(text) + json_spans(text) == []


def test_only_what_parses_is_json() -> None:
    text = 'not {"this": one, but {"that": 1} is'
    assert [text[s:e] for s, e in json_spans(text)] == ['{"that": 1}']


def test_edits_that_touch_a_span_are_left_out() -> None:
    text = "0123456789"
    edits = [Edit(0, 2, "a"), Edit(3, 5, "b"), Edit(6, 7, "c"), Edit(9, 10, "")]
    assert apply(text, edits, [(4, 6)]) == "a2345c78"


def test_merging_joins_overlaps_only() -> None:
    assert merge([(5, 9), (0, 2), (1, 4), (4, 5)]) == [(0, 4), (4, 5), (5, 9)]


@pytest.mark.parametrize(
    "piece",
    ["[[", '{"', "`", "<a", "{{", '"', "a", "a.", "<pre ", "“", "«", "'", " '", "```\n", "<!--", "x@", "<% ", "é" * 3],
)
def test_hostile_text_is_quick(piece: str) -> None:
    """The time limit is the assertion: a quadratic search over a quarter of a million characters would not end."""
    text = piece * (250_000 // len(piece))
    assert len(protected(text)) <= len(text)
    assert len(list(find_values(text))) <= len(text)
    assert once(text, ())
