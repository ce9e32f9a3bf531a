"""Sealed secrets open for the row they were sealed for, and nowhere else."""

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from libs.common.sealing import CannotOpen, Sealer, parse_keks, wrapped_under

OLD, NEW = b"o" * 32, b"n" * 32
ROW = ("org_1", "openai", "pk_1")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens(secret: str) -> None:
    sealer = Sealer({1: OLD})
    sealed = sealer.seal(*ROW, secret)
    assert sealed.isascii()
    assert sealed.isprintable()
    assert sealer.open(*ROW, sealed) == secret


def test_the_same_secret_never_looks_the_same() -> None:
    sealer = Sealer({1: OLD})
    assert sealer.seal(*ROW, "s") != sealer.seal(*ROW, "s")


@pytest.mark.parametrize("row", [("org_2", "openai", "pk_1"), ("org_1", "google", "pk_1"), ("org_1", "openai", "pk_2")])
def test_another_row_cannot_open_it(row: tuple[str, str, str]) -> None:
    sealer = Sealer({1: OLD})
    with pytest.raises(CannotOpen):
        sealer.open(*row, sealer.seal(*ROW, "secret"))


@given(st.integers(0, 1000), st.characters(max_codepoint=127))
def test_a_changed_text_does_not_open(position: int, letter: str) -> None:
    sealer = Sealer({1: OLD})
    sealed = sealer.seal(*ROW, "secret")
    at = position % len(sealed)
    assume(sealed[at] != letter)
    with pytest.raises(CannotOpen):
        sealer.open(*ROW, sealed[:at] + letter + sealed[at + 1 :])


def test_a_rotated_master_key_reads_old_and_writes_new() -> None:
    old, both, new = Sealer({1: OLD}), Sealer({1: OLD, 2: NEW}), Sealer({2: NEW})
    sealed = old.seal(*ROW, "secret")
    assert both.open(*ROW, sealed) == "secret"
    assert new.open(*ROW, both.seal(*ROW, "secret")) == "secret"
    with pytest.raises(CannotOpen):
        new.open(*ROW, sealed)


def test_master_keys_are_read_plain_and_versioned() -> None:
    one, two = base64.b64encode(OLD).decode(), base64.urlsafe_b64encode(NEW).decode()
    assert parse_keks(one) == {1: OLD}
    assert parse_keks(f"1:{one}, 2:{two}") == {1: OLD, 2: NEW}


@pytest.mark.parametrize("text", ["", "!!", base64.b64encode(b"short").decode(), "x:" + base64.b64encode(OLD).decode()])
def test_an_unusable_master_key_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="master key") as failure:
        parse_keks(text)
    assert not text or text not in str(failure.value)


def test_a_rewrapped_text_needs_the_newest_master_key_alone() -> None:
    sealed = Sealer({1: OLD}).seal(*ROW, "secret")
    both = Sealer({1: OLD, 12: NEW})
    rewrapped = both.rewrap(*ROW, sealed)
    assert both.newest == 12
    assert rewrapped.startswith(wrapped_under(12))
    assert not sealed.startswith(wrapped_under(12))
    assert Sealer({12: NEW}).open(*ROW, rewrapped) == "secret"
    assert rewrapped.split(".")[3] == sealed.split(".")[3]
    for sealer, row, text in (
        (Sealer({12: NEW}), ROW, sealed),
        (both, ("org_2", "openai", "pk_1"), sealed),
        (both, ROW, "1.1.x"),
        (both, ROW, sealed.replace("1.1.", "2.1.", 1)),
    ):
        with pytest.raises(CannotOpen):
            sealer.rewrap(*row, text)
