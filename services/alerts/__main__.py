from libs.common.runner import run
from services.alerts.app import create_app
from services.alerts.settings import AlertsSettings

if __name__ == "__main__":
    run("alerts", AlertsSettings, create_app)
