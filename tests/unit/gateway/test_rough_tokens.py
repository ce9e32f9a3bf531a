"""A rough count: words by their bytes, pictures as pictures."""

import json

from services.gateway.domain.rough_tokens import rough_tokens


def test_words_count_by_their_bytes() -> None:
    assert rough_tokens(b"a" * 400) == 100
    assert rough_tokens(b"a" * 300, bytes_per_token=3) == 100


def test_a_picture_is_no_text() -> None:
    picture = json.dumps({"type": "image", "data": "iVBORw0KGgo+/" * 100_000, "text": "What is it?"}).encode()
    assert 10_000 < rough_tokens(picture) < 20_000
    small = json.dumps({"data": "A" * 2_000}).encode()
    assert 1_600 <= rough_tokens(small) < 1_610
