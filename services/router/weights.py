"""What was learned before shipping, read once at start. How it was made stands in `training/`."""

from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.router.domain import signals, text_features
from services.router.domain.judge import Forest, Judge
from services.router.domain.quality_uplift import Prior
from services.router.domain.words import Words

FEATURES = (*text_features.NAMES, *signals.NAMES)
SHIPPED = Path(__file__).parent / "data"


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """How a feature is scaled, and what one deviation of it is worth, in units of gain."""

    mean: float
    deviation: float
    weight: float


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """`data/weights.json`; see `Prior`."""

    unit: float
    neighbor_mean: float
    neighbor_spread: float
    together: float
    features: dict[str, Feature]
    ladder: tuple[float, ...]


class ShippedJudge(msgspec.Struct, frozen=True, kw_only=True):
    """`data/judge.json`; see `Judge` and `Forest`."""

    version: int
    made_from: str
    names: tuple[str, ...]
    mean: list[float]
    deviation: list[float]
    weights: list[list[float]]
    sharpness: float
    roots: list[int]
    feature: list[int]
    cut: list[float]
    left: list[int]
    right: list[int]
    shares: list[list[float]]
    depth: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What a decision needs besides the request."""

    prior: Prior
    judge: Judge
    words: Words


@dataclass(frozen=True, slots=True)
class Neighborhood:
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
        neighbor_mean=found.neighbor_mean,
        neighbor_spread=found.neighbor_spread,
        together=found.together,
    )
    return Weights(
        prior=prior, judge=as_judge(msgspec.json.decode(_data("judge.json"), type=ShippedJudge)), words=load_words()
    )


def as_judge(found: ShippedJudge) -> Judge:
    """The arrays behind what was read."""
    return Judge(
        names=found.names,
        mean=np.array(found.mean),
        deviation=np.array(found.deviation),
        weights=np.array(found.weights),
        sharpness=found.sharpness,
        forest=Forest(
            roots=np.array(found.roots),
            feature=np.array(found.feature),
            cut=np.array(found.cut),
            left=np.array(found.left),
            right=np.array(found.right),
            shares=np.array(found.shares),
            depth=found.depth,
        ),
    )


def load_words() -> Words:
    """The words of seven languages."""
    return Words(_data("words.tsv").decode().splitlines())


def load_neighborhood() -> Neighborhood:
    """Two megabytes, for whoever has a model to compare with."""
    with np.load(BytesIO(_data("neighbors.npz"))) as arrays:
        return Neighborhood(vectors=arrays["vectors"], gains=arrays["gains"].astype(np.float32))


def _data(name: str) -> bytes:
    return resources.files("services.router").joinpath("data", name).read_bytes()
