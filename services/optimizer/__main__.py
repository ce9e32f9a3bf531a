"""Runs the optimizer: `python -m services.optimizer`."""

from libs.common.runner import run
from services.optimizer.app import create_app
from services.optimizer.settings import OptimizerSettings

if __name__ == "__main__":
    run("optimizer", OptimizerSettings, create_app)
