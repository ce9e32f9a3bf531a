"""The shipped curve, read once at start."""

from importlib import resources

import msgspec

from services.optimizer.domain.likeness import Curve


def load_curve() -> Curve:
    """Read `data/likeness.json`; how it was made stands in `training/likeness.py`."""
    data = resources.files("services.optimizer").joinpath("data", "likeness.json").read_bytes()
    return msgspec.json.decode(data, type=Curve)
