"""The version, in the one place that the wheel is built from."""

__version__ = "0.1.0"
