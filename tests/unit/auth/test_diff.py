"""What became of a text: both texts can be read out of the pieces."""

from hypothesis import given
from hypothesis import strategies as st

from services.auth.optimization.domain.diff import Differ, Piece

texts = st.text(alphabet="ab \n.é", max_size=60)


def holds(pieces: list[Piece], before: str, after: str) -> None:
    assert "".join(piece.text for piece in pieces if piece.op != "added") == before
    assert "".join(piece.text for piece in pieces if piece.op != "removed") == after
    assert all(piece.text for piece in pieces)


@given(texts, texts, st.sampled_from([0, 1, 3, 1000]))
def test_the_pieces_make_up_both_texts(before: str, after: str, edits: int) -> None:
    holds(Differ(edits).pieces(before, after), before, after)


def test_words_are_compared_and_what_differs_much_by_line() -> None:
    assert Differ().pieces("in order to win", "to win") == [
        Piece(op="removed", text="in order "),
        Piece(op="same", text="to win"),
    ]
    assert Differ().pieces("a big cat", "a small cat") == [
        Piece(op="same", text="a "),
        Piece(op="removed", text="big"),
        Piece(op="added", text="small"),
        Piece(op="same", text=" cat"),
    ]
    many = "".join(f"one two three four five {line}\n" for line in range(900))
    assert Differ().pieces(many, many + "more\n") == [Piece(op="same", text=many), Piece(op="added", text="more\n")]
    shouted = many.replace("three", "THREE")
    assert [piece.op for piece in Differ().pieces(many, shouted)] == ["removed", "added"]
    assert Differ().pieces("", "") == []


def test_one_word_over_and_over_is_compared_too() -> None:
    """Nothing tells the places of such words apart, which other searches pay for with hours."""
    differ = Differ()
    for _ in range(50):
        before, after = "a  " * 1_500, "a " * 1_700
        holds(differ.pieces(before, after), before, after)
