"""Names of an organization's own for models: weights, conversations that stay, keys that reach only some."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from libs.common import catalog
from libs.common.contracts.auth import ModelAlias, Principal, ProviderKey, WeightedModel
from services.gateway.domain.aliases import resolve

CATALOG = catalog.load()
OPENAI, ANTHROPIC = (ProviderKey(id=name, provider=name, sealed="x") for name in ("openai", "anthropic"))  # type: ignore[arg-type]
BOTH = Principal(org_id="org_a", key_id="key_1", provider_keys=(OPENAI, ANTHROPIC))
CANARY = ModelAlias(
    models=(WeightedModel(model="gpt-4o", weight=9), WeightedModel(model="claude-haiku", weight=1)),
    fallbacks=("claude-sonnet", "gpt-4o", "gemini-2.5-pro"),
)


def models(alias: ModelAlias, principal: Principal = BOTH, count: int = 10_000) -> Counter[str]:
    return Counter(resolve("fast", alias, principal, CATALOG, f"conversation {n}").model for n in range(count))


def test_a_tenth_is_a_tenth_within_a_point() -> None:
    found = models(CANARY)
    assert abs(found["claude-haiku"] / 10_000 - 0.1) < 0.01
    assert found.total() == found["gpt-4o"] + found["claude-haiku"]


def test_a_conversation_stays_and_names_and_organizations_are_drawn_apart() -> None:
    half = ModelAlias(models=(WeightedModel(model="gpt-4o"), WeightedModel(model="claude-haiku")))
    other = Principal(org_id="org_b", key_id="key_1", provider_keys=BOTH.provider_keys)
    drawn = [
        tuple(resolve(name, half, who, CATALOG, f"conversation {n}").model for n in range(64))
        for name, who in (("a", BOTH), ("a", BOTH), ("b", BOTH), ("a", other))
    ]
    assert drawn[0] == drawn[1]
    assert len({*drawn}) == 3


def test_a_larger_weight_moves_conversations_one_way() -> None:
    def on(weight: int) -> set[int]:
        alias = ModelAlias(
            models=(
                WeightedModel(model="claude-haiku", weight=weight),
                WeightedModel(model="gpt-4o", weight=100 - weight),
            )
        )
        found = (resolve("fast", alias, BOTH, CATALOG, f"c {n}").model for n in range(500))
        return {n for n, model in enumerate(found) if model == "claude-haiku"}

    assert on(5) < on(20) < on(50)


def test_what_no_key_reaches_takes_no_part() -> None:
    alone = Principal(org_id="org_a", key_id="key_1", provider_keys=(ANTHROPIC,))
    assert models(CANARY, alone, 50).keys() == {"claude-haiku"}
    found = resolve("fast", CANARY, alone, CATALOG, "c")
    assert [target.model for target in found.fallbacks] == ["claude-sonnet"]
    none = ModelAlias(models=(WeightedModel(model="gpt-4o"),), fallbacks=("gemini-2.5-pro", "claude-haiku"))
    stands_in = resolve("fast", none, alone, CATALOG, "c")
    assert (stands_in.model, stands_in.fallbacks) == ("claude-haiku", ())
    nobody = Principal(org_id="org_a", key_id="key_1")
    assert resolve("fast", CANARY, nobody, CATALOG, "c").model == "gpt-4o"  # refused by its name later


@given(weights=st.lists(st.integers(1, 1000), min_size=1, max_size=10), conversation=st.text())
def test_every_conversation_gets_one_of_them(weights: list[int], conversation: str) -> None:
    names = [*CATALOG.of_provider("openai")][: len(weights)]
    alias = ModelAlias(models=tuple(WeightedModel(model=n, weight=w) for n, w in zip(names, weights, strict=True)))
    assert resolve("x", alias, BOTH, CATALOG, conversation.encode("utf-8", "replace").decode()).model in names


def test_a_model_is_not_its_own_fallback() -> None:
    found = resolve("fast", ModelAlias(models=CANARY.models[:1], fallbacks=CANARY.fallbacks), BOTH, CATALOG, "c")
    assert [target.model for target in found.fallbacks] == ["claude-sonnet"]
