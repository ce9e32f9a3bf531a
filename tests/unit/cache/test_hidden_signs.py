"""Signs that a model reads and nobody sees: a question that holds one is served again only to the letter."""

import unicodedata

import pytest

from services.cache.domain.characters import hides
from services.cache.static_embedding import embed_static
from tests.fixtures.similarity import Letters

# Default_Ignorable_Code_Point of Unicode 15.1, and all direction marks.
_RANGES = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


class _Sketcher(Letters):
    dimension = 256
    unknown = -1


@pytest.mark.parametrize("of", _RANGES, ids=lambda of: f"U+{of[0]:04X}")
def test_a_hidden_sign_is_served_to_the_letter_only(of: tuple[int, int]) -> None:
    for code in range(of[0], of[1] + 1):
        asked = f"What is the capital of Fr{chr(code)}ance?"
        assert hides(asked), hex(code)
        assert embed_static(asked, _Sketcher()) == (None, None), (hex(code), unicodedata.name(chr(code), ""))
