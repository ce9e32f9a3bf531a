"""Names that nobody else can make."""

from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.cache import cache_entry_id
from services.cache.domain.identity import block_id, pair_id_for, partition_key

words = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(words, words, words, words)
def test_a_pair_has_one_name_whichever_came_first(org: str, scope: str, one: str, other: str) -> None:
    assert pair_id_for(org, scope, one, other) == pair_id_for(org, scope, other, one)


@given(words, words, words, words)
def test_organisations_and_scopes_share_no_name(org: str, other: str, scope: str, rest: str) -> None:
    if org != other:
        assert partition_key(org, scope) != partition_key(other, scope)
        assert cache_entry_id(org, scope) != cache_entry_id(other, scope)
        assert block_id(org, scope) != block_id(other, scope)
        assert pair_id_for(org, scope, rest, rest) != pair_id_for(other, scope, rest, rest)
    assert len({cache_entry_id(org, scope), block_id(org, scope), pair_id_for(org, scope, rest, rest)}) == 3
