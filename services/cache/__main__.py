"""python -m services.cache"""

from libs.common.runner import run
from services.cache.app import create_app
from services.cache.settings import CacheSettings

if __name__ == "__main__":
    run("cache", CacheSettings, create_app)
