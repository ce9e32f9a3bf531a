"""The shipped weights, read once at start."""

from importlib import resources

import msgspec

from services.router.domain.complexity import Weights


def load_weights() -> Weights:
    """Read `data/weights.json`; how it was made stands in `training/train.py`."""
    data = resources.files("services.router").joinpath("data", "weights.json").read_bytes()
    document = msgspec.json.decode(data, type=dict[str, dict[str, float]])
    return Weights(**document)
