"""The shipped curve, read once at start."""

from importlib import resources

import msgspec

from services.optimizer.domain.similarity import Calibration


def load_calibration() -> Calibration:
    """Read `data/similarity.json`; how it was made stands in `training/similarity.py`."""
    data = resources.files("services.optimizer").joinpath("data", "similarity.json").read_bytes()
    return msgspec.json.decode(data, type=Calibration)
