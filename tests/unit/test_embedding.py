"""The embedding model against what is known of it, and its set-up step."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from libs.common.embedding import Embedder, ModelMissingError, ThreadedEmbedder, load
from libs.common.embedding.fake import FakeEmbedder
from libs.common.embedding.setup import prepare
from libs.common.embedding.static import StaticTable


def test_cosines_are_those_of_the_published_model(minilm: Embedder) -> None:
    near, city, far = minilm.embed(["capital of france", "capital city of france", "capital of germany"])
    assert float(near @ city) == pytest.approx(0.9512, abs=5e-4)
    assert float(near @ far) == pytest.approx(0.5370, abs=5e-4)


def test_vectors_are_unit_length_and_do_not_depend_on_the_batch(minilm: Embedder) -> None:
    texts = ["short", "a much longer sentence about rivers, trees and houses", ""]
    together = minilm.embed(texts)
    assert together.shape == (3, minilm.dimension)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert np.concatenate([minilm.embed([text]) for text in texts]) == pytest.approx(together, abs=1e-5)
    assert minilm.embed([]).shape == (0, minilm.dimension)


def test_text_is_cut_at_256_tokens(minilm: Embedder) -> None:
    long = "river " * 254
    assert minilm.embed([long]) == pytest.approx(minilm.embed([long + "house " * 50]), abs=1e-6)
    assert minilm.embed(["river " * 200]) != pytest.approx(minilm.embed(["river " * 200 + "house"]), abs=1e-4)


def test_int8_stays_near_fp32(minilm: Embedder, model_dir: Path) -> None:
    int8 = load(model_dir, "int8")
    texts = ["How do I bake bread at home?", "capital of france", "Write a function that sorts a list of names."]
    assert (minilm.embed(texts) * int8.embed(texts)).sum(axis=1).min() > 0.985
    assert int8.name != minilm.name


def test_static_vectors_bring_paraphrases_near_and_keep_the_rest_away(static_table: StaticTable) -> None:
    def cosine(left: str, right: str) -> float:
        a, b = (static_table.vector(static_table.tokens(text)) for text in (left, right))
        return float(a @ b)

    assert cosine("How do I bake sourdough bread?", "how can i bake sourdough bread at home") > 0.85
    assert cosine("How do I bake sourdough bread?", "Who won the chess world cup?") < 0.4
    assert cosine("the river", "a river!") > 0.95
    assert not static_table.vector(static_table.tokens("")).any()


def test_a_word_by_itself_has_the_tokens_that_it_has_in_a_text(static_table: StaticTable) -> None:
    for word in ("Boat", "the", "unaffable", "zzzzyx", "CLS", "İstanbul", "naïve", "ſong", "x1", "K"):
        assert static_table.tokens(f"{word} .")[:-1] == static_table.tokens(word), word


def test_static_tokens_are_not_cut(static_table: StaticTable) -> None:
    assert len(static_table.tokens("river " * 700)) == 700


def test_prepare_is_done_once(model_dir: Path) -> None:
    before = (model_dir / "model.onnx").stat().st_mtime_ns
    assert prepare(model_dir) == model_dir
    assert (model_dir / "model.onnx").stat().st_mtime_ns == before


def test_a_missing_or_outdated_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"python -m libs\.common\.embedding"):
        load(tmp_path / "nothing")
    (tmp_path / "prepared.json").write_text(json.dumps({"version": 0}))
    with pytest.raises(ModelMissingError, match="PROMPTLY_MODEL_DIR"):
        load(tmp_path)


async def test_off_the_loop_the_loop_goes_on() -> None:
    class Slow(FakeEmbedder):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            asyncio.run_coroutine_threadsafe(moved.wait(), loop).result(5)
            return super().embed(texts)

    loop, moved = asyncio.get_running_loop(), asyncio.Event()
    embedder = ThreadedEmbedder(Slow())
    pending = asyncio.create_task(embedder.embed(["one"]))
    moved.set()
    assert (await pending).shape == (1, embedder.dimension)
    embedder.close()


def test_the_fake_is_deterministic_and_brings_shared_words_near() -> None:
    fake = FakeEmbedder()
    one, same, near, far = fake.embed(["red house", "house red", "red house roof", "quantum chess"])
    assert float(one @ same) == pytest.approx(1.0, abs=1e-5)
    assert float(one @ near) > float(one @ far)
