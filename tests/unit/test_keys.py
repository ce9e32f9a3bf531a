"""API keys: form, checksum, digest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import keys


@pytest.mark.parametrize("prefix", [keys.KEY_PREFIX, keys.OPTIMIZE_PREFIX])
def test_a_new_key_is_well_formed_and_unlike_the_next(prefix: str) -> None:
    first, second = keys.new_key(prefix), keys.new_key(prefix)
    assert first.startswith(prefix)
    assert len(first) == len(prefix) + 49
    assert keys.well_formed(first)
    assert first != second
    assert keys.prefix(first) == prefix


@given(position=st.integers(0, 48), letter=st.sampled_from("0aZ9-_ é\x00"))
def test_one_wrong_character_is_noticed(position: int, letter: str) -> None:
    key = keys.new_key()
    at = len(keys.KEY_PREFIX) + position
    wrong = key[:at] + letter + key[at + 1 :]
    assert keys.well_formed(wrong) == (wrong == key)


@given(st.text())
def test_anything_may_be_asked(text: str) -> None:
    assert not keys.well_formed(text)
    assert not keys.well_formed(keys.KEY_PREFIX + text)
    assert len(keys.digest(text, "pepper")) == 64


def test_a_key_under_the_other_prefix_is_not_the_same_key() -> None:
    key = keys.new_key(keys.KEY_PREFIX)
    assert not keys.well_formed(keys.OPTIMIZE_PREFIX + key.removeprefix(keys.KEY_PREFIX))


def test_the_digest_is_hmac_sha256_under_the_pepper() -> None:
    # RFC 4231, test case 2.
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keys.digest("what do ya want for nothing?", "Jefe") == expected


@pytest.mark.parametrize(("secret", "shown"), [("sk-abcdefgh1234", "1234"), ("short", ""), ("", "")])
def test_last_four(secret: str, shown: str) -> None:
    assert keys.last_four(secret) == shown
