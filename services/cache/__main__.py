"""python -m services.cache"""

import os

from libs.common.runner import run
from services.cache.app import create_app
from services.cache.settings import CacheSettings

if __name__ == "__main__":
    os.umask(0o077)  # the engine writes answers with whatever mode the process has
    run("cache", CacheSettings, create_app)
