"""Runs the gateway: `python -m services.gateway`."""

from libs.common.runner import run
from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings

if __name__ == "__main__":
    run("gateway", GatewaySettings, create_app)
