"""From the published weights to ONNX, without torch: the six-layer BERT encoder spelled out as a graph."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from libs.common.embedding.files import HIDDEN, INPUTS

_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12


def to_onnx(weights: Path, target: Path) -> None:
    """Write the encoder in fp32; its one output is the last hidden state, [batch, sequence, 384]."""
    graph = _Graph(load_file(str(weights)))
    hidden = _embeddings(graph)
    mask = _mask(graph)
    for layer in range(_LAYERS):
        hidden = _layer(graph, hidden, mask, f"encoder.layer.{layer}.")
    graph.add("Identity", hidden, out="last_hidden_state")
    onnx.save(graph.model(), str(target))


def to_int8(source: Path, target: Path) -> None:
    """Write the same encoder with int8 weights and activations quantised as they come."""
    # A scale per output channel costs nothing at run time and keeps cosines to fp32 at .99 instead of .97.
    logger = logging.getLogger()
    level = logger.level
    # It advises, on the root logger, a preparation that changes nothing for a graph as plain as this one.
    logger.setLevel(logging.ERROR)
    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    logger.setLevel(level)


class _Graph:
    """Nodes and constants in the order in which they are added; every value is known by its name."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def add(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        name = out or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def ints(self, *values: int) -> str:
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def number(self, value: float) -> str:
        return self.constant(f"number_{value}", np.array(value, np.float32))

    def weight(self, name: str) -> str:
        return self.constant(name, self._weights[name])

    def linear(self, value: str, name: str) -> str:
        transposed = self.constant(f"{name}.weight.T", self._weights[f"{name}.weight"].T)
        return self.add("Add", self.add("MatMul", value, transposed), self.weight(f"{name}.bias"))

    def norm(self, value: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=_EPSILON)

    def model(self) -> Any:
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in INPUTS]
        output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", HIDDEN])
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.checker.check_model(model)
        return model


def _embeddings(graph: _Graph) -> str:
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    types = graph.add("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    # Positions are a slice, not a gather over a range: onnxruntime's fusions break the latter.
    length = graph.add("Shape", "input_ids", start=1, end=2)
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.add("Slice", table, graph.ints(0), length, graph.ints(0))
    total = graph.add("Add", graph.add("Add", words, types), positions)
    return graph.norm(total, "embeddings.LayerNorm")


def _mask(graph: _Graph) -> str:
    """Added to attention scores: 0 for a token, far below zero for padding."""
    kept = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    kept = graph.add("Unsqueeze", kept, graph.ints(1, 2))
    return graph.add("Mul", graph.add("Sub", graph.number(1.0), kept), graph.number(-10000.0))


def _layer(graph: _Graph, hidden: str, mask: str, name: str) -> str:
    def heads(part: str, order: Sequence[int]) -> str:
        projected = graph.linear(hidden, f"{name}attention.self.{part}")
        split = graph.add("Reshape", projected, graph.ints(0, 0, _HEADS, HIDDEN // _HEADS))
        return graph.add("Transpose", split, perm=order)

    query, key, value = heads("query", (0, 2, 1, 3)), heads("key", (0, 2, 3, 1)), heads("value", (0, 2, 1, 3))
    scale = graph.number(float(1 / np.sqrt(HIDDEN // _HEADS)))
    scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", query, key), scale), mask)
    seen = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    merged = graph.add("Reshape", graph.add("Transpose", seen, perm=(0, 2, 1, 3)), graph.ints(0, 0, HIDDEN))
    attended = graph.add("Add", graph.linear(merged, f"{name}attention.output.dense"), hidden)
    attended = graph.norm(attended, f"{name}attention.output.LayerNorm")
    inner = graph.add("Gelu", graph.linear(attended, f"{name}intermediate.dense"))
    outer = graph.add("Add", graph.linear(inner, f"{name}output.dense"), attended)
    return graph.norm(outer, f"{name}output.LayerNorm")
