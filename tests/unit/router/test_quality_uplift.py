"""What is shipped, and how an organisation's own traffic moves it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from libs.common.contracts.router import Learned
from services.analytics.domain.learning import Routed, add
from services.router.domain.complexity import classify, cuts, extract_features
from services.router.domain.knn import shrunk_mean
from services.router.domain.quality_uplift import PRIOR_LABELS, learned, shipped
from services.router.weights import FEATURES, load_neighborhood, load_weights
from tests.unit.router.hard_and_easy import COMPLEX, SHORT_BUT_HARD, SIMPLE

WEIGHTS = load_weights()
PRIOR = WEIGHTS.prior
SHIPPED = shipped(PRIOR)
SIZE = len(FEATURES)
PROMPTS = SHORT_BUT_HARD + SIMPLE + COMPLEX
FEATURES_OF = np.array([extract_features(prompt, WEIGHTS.judge, WEIGHTS.words).features for prompt in PROMPTS])


def taught(features: np.ndarray, answers: np.ndarray, histogram: tuple[float, ...] = (1.0,) * 40) -> Learned:
    """What analytics would have added up."""
    rows = np.hstack([features, np.ones((len(features), 1))])
    return Learned(
        features=features.shape[1],
        requests=sum(histogram),
        histogram=histogram,
        labels=float(len(rows)),
        products=tuple((rows.T @ rows)[np.triu_indices(features.shape[1] + 1)].tolist()),
        answers=tuple((rows.T @ answers).tolist()),
    )


def test_analytics_adds_up_what_is_read_here() -> None:
    """Up to the fading of the older ones."""
    answers = np.arange(len(FEATURES_OF)) % 3 == 0
    rows = [
        Routed(org_id="org_1", features=(0.0, *row), lowered=True, failed=float(bad))
        for row, bad in zip(FEATURES_OF.tolist(), answers, strict=True)
    ]
    added, read = add(None, rows), taught(FEATURES_OF, answers.astype(float))
    assert added.products == pytest.approx(read.products, rel=0.02)
    assert added.answers == pytest.approx(read.answers, rel=0.02)
    assert learned(PRIOR, added).weights == pytest.approx(learned(PRIOR, read).weights, abs=0.05)


def test_every_feature_has_a_name_of_its_own() -> None:
    assert len(set(FEATURES)) == SIZE == FEATURES_OF.shape[1]


def test_the_ladder_rises_and_the_neighborhood_is_whole() -> None:
    assert (np.diff(PRIOR.ladder) >= 0).all()
    around = load_neighborhood()
    assert around.vectors.shape == (len(around.gains), 384)
    assert np.allclose(np.linalg.norm(around.vectors.astype(float), axis=1), 127, atol=4)


def test_without_labels_nothing_moves() -> None:
    same = learned(PRIOR, taught(np.zeros((0, SIZE)), np.zeros(0)))
    assert np.allclose(same.weights, PRIOR.weights)
    assert same.constant == pytest.approx(0)
    assert same.trust == 1


def test_sums_of_another_release_are_not_read() -> None:
    assert learned(PRIOR, taught(np.ones((5, 3)), np.ones(5))).weights is PRIOR.weights


def test_it_learns_what_the_shipped_weights_do_not_know() -> None:
    """Here answers about one topic fail, whatever else is true of a prompt."""
    dice = np.random.default_rng(1)
    features = PRIOR.mean + PRIOR.deviation * dice.standard_normal((6000, SIZE))
    topic = FEATURES.index("about_history")
    fails = (features[:, topic] > PRIOR.mean[topic]).astype(float)
    own = learned(PRIOR, taught(features[:5000], fails[:5000]))
    gains = np.array([own.quality_uplift(tuple(row)) for row in features[5000:]])
    before = np.array([SHIPPED.quality_uplift(tuple(row)) for row in features[5000:]])
    assert _told_apart(gains, fails[5000:]) > 0.9
    assert _told_apart(before, fails[5000:]) < 0.6
    assert own.trust == pytest.approx(PRIOR_LABELS / (PRIOR_LABELS + 5000))


def _told_apart(gains: np.ndarray, fails: np.ndarray) -> float:
    """The share of pairs in the right order."""
    return float((gains[fails == 1][:, None] > gains[fails == 0]).mean())


@given(arrays.arrays(float, (4, SIZE), elements=st.floats(0, 8)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_any_sums_give_an_estimate(features: np.ndarray, bad: list[bool]) -> None:
    own = learned(PRIOR, taught(features, np.array(bad, float)))
    for row in features:
        assert 0 <= own.position(own.quality_uplift(tuple(row))) <= 1


def test_neighbors_move_the_estimate_by_their_own_gain() -> None:
    row = tuple(FEATURES_OF[0])
    low, none, high = (SHIPPED.quality_uplift(row, gain) for gain in (-0.2, PRIOR.neighbor_mean, 0.4))
    assert low < none < high


def test_an_organisations_traffic_sets_its_own_cuts() -> None:
    """Among hard prompts only, a hard one is an ordinary one."""
    hard = learned(PRIOR, taught(np.zeros((0, SIZE)), np.zeros(0), (0.0,) * 36 + (10_000.0,) * 4))
    prompt = extract_features("The harbour " * 30, WEIGHTS.judge, WEIGHTS.words)
    assert classify(prompt, hard).score < classify(prompt, SHIPPED).score


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_dial_moves_both_cuts_the_same_way(one: float, other: float) -> None:
    cheaper, stronger = cuts(min(one, other)), cuts(max(one, other))
    assert cheaper[0] >= stronger[0]
    assert cheaper[1] >= stronger[1]
    assert all(0 <= low <= high <= 1 for low, high in (cheaper, stronger))
    assert cuts(0.5) == cuts(None) == (0.4, 0.8)


def test_evidence_of_a_hard_prompt_outweighs_experience() -> None:
    """An organisation whose cheap answers never failed still does not get proofs from the small model."""
    content = learned(PRIOR, taught(np.tile(FEATURES_OF, (200, 1)), np.zeros(200 * len(FEATURES_OF))))
    for prompt in SHORT_BUT_HARD:
        assert classify(extract_features(prompt, WEIGHTS.judge, WEIGHTS.words), content).tier != "simple"


def test_unlike_questions_do_not_vote() -> None:
    gains = np.array([0.5] * 100 + [0.0] * 300, np.float32)
    alike, between, unlike = (np.r_[np.full(100, near), np.zeros(300)].astype(np.float32) for near in (0.9, 0.5, 0.2))
    assert shrunk_mean(alike, gains) == pytest.approx(0.5)
    assert shrunk_mean(unlike, gains) == pytest.approx(0.125)
    assert 0.125 < shrunk_mean(between, gains) < 0.5
