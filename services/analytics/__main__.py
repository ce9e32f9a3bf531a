from libs.common.runner import run
from services.analytics.app import create_app
from services.analytics.settings import AnalyticsSettings

if __name__ == "__main__":
    run("analytics", AnalyticsSettings, create_app)
