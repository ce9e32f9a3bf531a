"""What a prepared model directory holds, and whether it is whole. Imports nothing heavy."""

import json
from pathlib import Path

FILES = {"fp32": "model.onnx", "int8": "model_int8.onnx", "static": "static.npy", "tokenizer": "tokenizer.json"}
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
HIDDEN = 384
MAX_TOKENS = 256
MARK = "prepared.json"
# Raised whenever the files change; a directory of another version is made anew.
VERSION = 1


class ModelMissingError(Exception):
    """The model directory is not ready; the message says how to make it."""


def check(model_dir: Path) -> Path:
    """`model_dir` itself if `prepare` has finished there; otherwise raises `ModelMissingError`."""
    if not ready(model_dir):
        raise ModelMissingError(
            f"{model_dir} holds no prepared embedding model. Run `python -m libs.common.embedding {model_dir}`, "
            "or point PROMPTLY_MODEL_DIR at a directory where that was done."
        )
    return model_dir


def ready(directory: Path) -> bool:
    """Whether `prepare` has finished here, in this version."""
    mark = directory / MARK
    return mark.is_file() and json.loads(mark.read_text()).get("version") == VERSION
