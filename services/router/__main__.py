"""Runs the router: `python -m services.router`."""

from libs.common.runner import run
from services.router.app import create_app
from services.router.settings import RouterSettings

if __name__ == "__main__":
    run("router", RouterSettings, create_app)
