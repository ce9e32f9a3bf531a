"""What became of a text: both texts can be read out of the pieces."""

from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.diff import Piece, diff

texts = st.text(alphabet="ab \n.é", max_size=60)


@given(texts, texts)
def test_the_pieces_make_up_both_texts(before: str, after: str) -> None:
    pieces = diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.op != "added") == before
    assert "".join(piece.text for piece in pieces if piece.op != "removed") == after
    assert all(piece.text for piece in pieces)


def test_words_are_compared_and_long_texts_by_line() -> None:
    assert diff("in order to win", "to win") == [
        Piece(op="removed", text="in order "),
        Piece(op="same", text="to win"),
    ]
    many = "".join(f"one two three four five {line}\n" for line in range(900))
    assert diff(many, many + "more\n") == [Piece(op="same", text=many), Piece(op="added", text="more\n")]
    longest = "x\n" * 3000
    assert [piece.op for piece in diff(longest, longest + "y\n")] == ["removed", "added"]
    assert diff("", "") == []
