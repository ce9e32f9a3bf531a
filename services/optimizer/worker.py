"""A process that shortens long texts, one after the other: `python -m services.optimizer.worker`, started by the service."""

import sys

from libs.common import workers
from libs.common.tokens import encoding_for
from services.optimizer.app import load_similarity
from services.optimizer.pipeline import Optimizer
from services.optimizer.work_items import answer

if __name__ == "__main__":
    _, model_dir, cache_bytes, seconds = sys.argv
    ours = Optimizer(load_similarity(model_dir), cache_bytes=int(cache_bytes), seconds=float(seconds))
    encoding_for("gpt-4o")  # so that no text waits for the common vocabulary
    workers.serve(lambda work: answer(ours, work))
