"""What was learned before shipping, read once at start. How it was made stands in `training/train.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from io import BytesIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.router.domain import measures, signals
from services.router.domain.gain import Prior

FEATURES = (*measures.NAMES, *signals.NAMES)


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """How a feature is scaled, and what one deviation of it is worth, in units of gain."""

    mean: float
    deviation: float
    weight: float


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """`data/weights.json`. `evidence` is set by hand, all else is fitted; see `Prior`."""

    evidence: dict[str, float]
    unit: float
    neighbour_mean: float
    neighbour_spread: float
    together: float
    features: dict[str, Feature]
    ladder: tuple[float, ...]


class _ByHand(msgspec.Struct, frozen=True, kw_only=True):
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """What a decision needs besides the request."""

    evidence: Mapping[str, float]
    prior: Prior


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Training questions: unit vectors times 127, one to a row, and the gain of each, 0 to 1."""

    vectors: NDArray[np.int8]
    gains: NDArray[np.float32]


def load_weights() -> Weights:
    """The weights, in the order of `FEATURES`."""
    found = msgspec.json.decode(_data("weights.json"), type=Shipped)
    features = [found.features[name] for name in FEATURES]
    prior = Prior(
        mean=np.array([one.mean for one in features]),
        deviation=np.array([one.deviation for one in features]),
        weights=np.array([one.weight for one in features]),
        unit=found.unit,
        ladder=np.array(found.ladder),
        neighbour_mean=found.neighbour_mean,
        neighbour_spread=found.neighbour_spread,
        together=found.together,
    )
    return Weights(evidence=found.evidence, prior=prior)


def load_evidence() -> dict[str, float]:
    """The part of the weights that is set by hand, in units of log odds."""
    return msgspec.json.decode(_data("weights.json"), type=_ByHand).evidence


def load_neighbourhood() -> Neighbourhood:
    """Two megabytes, for whoever has a model to compare with."""
    with np.load(BytesIO(_data("neighbours.npz"))) as arrays:
        return Neighbourhood(vectors=arrays["vectors"], gains=arrays["gains"].astype(np.float32))


def _data(name: str) -> bytes:
    return resources.files("services.router").joinpath("data", name).read_bytes()
