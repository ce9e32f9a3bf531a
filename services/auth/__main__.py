from libs.common.runner import run
from services.auth.app import create_app
from services.auth.settings import AuthSettings

if __name__ == "__main__":
    run("auth", AuthSettings, create_app)
