"""Builds the ONNX graph: token ids to unit vectors.

    input_ids, attention_mask int64 (batch, sequence) -> embedding float32 (batch, dimension)

Standard operators and ONNX Runtime's com.microsoft set. See GRAPH.md for why each is the one it is.
Shapes in comments: B batch, S sequence, H hidden, A heads, D head size, F feed-forward, V vocabulary,
E dimension of the embedding, which is H but for encoders with a dense head.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import quantize
from .calibrate import Range
from .embeddings import EmbeddingTable
from .q4 import BLOCK, ZERO_CODE
from .quantize import InputScale
from .weights import EncoderConfig, Weights

OPSET = 21
IR_VERSION = 10
CONTRIB = "com.microsoft"
MASKED = -1e9


class Builder:
    """Collects nodes and initializers under fresh names."""

    def __init__(self):
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.scope = ""

    def node(self, operator: str, inputs: list[str], domain: str = "", **attributes) -> str:
        """Adds a node with one output and returns the output's name."""
        return self.nodes_out(operator, inputs, 1, domain, **attributes)[0]

    def nodes_out(self, operator: str, inputs: list[str], outputs: int, domain: str = "", **attributes) -> list[str]:
        name = f"{self.scope}{operator}_{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=name, domain=domain, **attributes))
        return names

    def constant(self, name: str, values: np.ndarray) -> str:
        full = f"{self.scope}{name}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), full))
        return full

    def half(self, name: str, values: np.ndarray) -> str:
        """Float32 values stored as float16; the runtime widens them once, when it loads the graph."""
        return self.node("Cast", [self.constant(name, values.astype(np.float16))], to=TensorProto.FLOAT)

    def external(self, name: str, values: np.ndarray, location: str, place: tuple[int, int]) -> str:
        """An initializer whose bytes lie in another file."""
        tensor = TensorProto(
            name=name,
            data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
            dims=values.shape,
            data_location=TensorProto.EXTERNAL,
        )
        offset, length = place
        for key, value in (("location", location), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name


def build(
    weights: Weights,
    ranges: dict[str, Range],
    table: EmbeddingTable,
    location: str,
    places: dict[str, tuple[int, int]],
    pooling: str,
) -> onnx.ModelProto:
    """The model. `ranges` are those of the linear layers' inputs; `location` and `places` tell where
    the embedding table's parts lie."""
    config = weights.config
    builder = Builder()
    names = {
        part: builder.external(f"emb.word.{part}", array, location, places[part])
        for part, array in table.parts().items()
    }
    states = embed(builder, weights, names)  # (B, S, H)
    attended = builder.node("Cast", ["attention_mask"], to=TensorProto.FLOAT)  # (B, S)
    bias = additive_mask(builder, attended)  # (B, 1, 1, S)
    for layer in range(config.layers):
        builder.scope = f"l{layer}."
        states = attention(builder, weights, ranges, layer, states, bias)
        states = feed_forward(builder, weights, ranges, layer, states)
    builder.scope = ""
    pooled = first_token(builder, states) if pooling == "cls" else mean(builder, weights, states, attended)
    unit_length(builder, dense_head(builder, weights, pooled))
    return model(builder, config)


def embed(builder: Builder, weights: Weights, table: dict[str, str]) -> str:
    """Word, position and type embeddings, summed and normalised: (B, S, H)."""
    config = weights.config
    codes = builder.node("Gather", [table["codes"], "input_ids"])  # (B, S, H/32, 16)
    low = builder.node("BitwiseAnd", [codes, builder.constant("nibble", np.array(0x0F, np.uint8))])
    high = builder.node("BitShift", [codes, builder.constant("shift", np.array(4, np.uint8))], direction="RIGHT")
    nibbles = builder.node("Concat", [low, high], axis=-1)  # (B, S, H/32, 32)
    values = builder.node("Cast", [nibbles], to=TensorProto.FLOAT)
    values = builder.node("Sub", [values, builder.constant("zero_code", np.array(ZERO_CODE, np.float32))])
    index = builder.node("Gather", [table["scale_index"], "input_ids"])  # (B, S, H/32)
    index = builder.node("Cast", [index], to=TensorProto.INT32)
    scales = builder.node("Gather", [table["codebook"], index])
    scales = builder.node("Unsqueeze", [scales, builder.constant("last", np.array([-1]))])
    values = builder.node("Mul", [values, scales])
    words = builder.node(
        "Reshape", [values, builder.constant("hidden_shape", np.array([0, 0, config.hidden]))]
    )  # (B, S, H)

    # Every token is of type 0, so the type's row is part of the positions.
    positions = weights.tensors["emb.pos"] + weights.tensors["emb.type"][0]
    stored = builder.constant("positions", positions.astype(np.float16))  # (positions, H)
    length = builder.node("Shape", ["input_ids"], start=1, end=2)
    first = builder.node("Slice", [stored, builder.constant("zero", np.array([0])), length])  # (S, H)
    first = builder.node("Cast", [first], to=TensorProto.FLOAT)
    first = builder.node("Expand", [first, builder.node("Shape", [words])])  # (B, S, H)
    return add_and_norm(builder, weights, "emb.ln", words, first)


def additive_mask(builder: Builder, attended: str) -> str:
    """0 for real tokens, a large negative number for padding: (B, 1, 1, S)."""
    one = builder.constant("one", np.array(1, np.float32))
    bias = builder.node("Sub", [attended, one])
    bias = builder.node("Mul", [bias, builder.constant("masked", np.array(-MASKED, np.float32))])
    return builder.node("Unsqueeze", [bias, builder.constant("middle", np.array([1, 2]))])


def attention(
    builder: Builder, weights: Weights, ranges: dict[str, Range], layer: int, states: str, bias: str
) -> str:
    """Self-attention with its residual and layer norm: (B, S, H)."""
    config, tensors = weights.config, weights.tensors
    prefix = f"l{layer}"
    root = np.float32(1 / np.sqrt(config.head_size))
    merge = quantize.symmetric(ranges[f"{prefix}.ao"], tensors[f"{prefix}.ao.w"])
    # Attention mixes the rows of the values and never their channels, so the projection of the
    # values can scale its outputs for the merging product that follows.
    factors = {"q": root, "k": np.float32(1), "v": merge.multiplier}
    matrices = {name: tensors[f"{prefix}.{name}.w"] * np.reshape(factor, (-1, 1)) for name, factor in factors.items()}
    scale = quantize.symmetric(ranges[f"{prefix}.qkv"], np.concatenate(list(matrices.values())))
    quantized = rounded(builder, "qkv", scale_channels(builder, "qkv", states, scale), scale)
    heads_shape = builder.constant("heads", np.array([0, 0, config.heads, config.head_size]))
    projected = []
    for name, matrix in matrices.items():
        offset = tensors[f"{prefix}.{name}.b"] * factors[name]
        product = linear(builder, name, matrix, offset, quantized, scale)  # (B, S, H)
        split = builder.node("Reshape", [product, heads_shape])  # (B, S, A, D)
        projected.append(builder.node("Transpose", [split], perm=[0, 2, 1, 3]))  # (B, A, S, D)
    query, key, value = projected
    scores = builder.node("FusedMatMul", [query, key], domain=CONTRIB, transB=1)  # (B, A, S, S)
    probabilities = builder.node("Softmax", [builder.node("Add", [scores, bias])], axis=-1)
    context = builder.node("MatMul", [probabilities, value])  # (B, A, S, D)
    context = builder.node("Transpose", [context], perm=[0, 2, 1, 3])  # (B, S, A, D)
    merged_shape = np.array([0, 0, config.hidden])
    context = builder.node("Reshape", [context, builder.constant("merge", merged_shape)])  # (B, S, H)
    quantized = rounded(builder, "ao", context, merge)
    merged = linear(builder, "ao", tensors[f"{prefix}.ao.w"], tensors[f"{prefix}.ao.b"], quantized, merge)
    return add_and_norm(builder, weights, f"{prefix}.aln", merged, states)


def feed_forward(builder: Builder, weights: Weights, ranges: dict[str, Range], layer: int, states: str) -> str:
    """The two-layer perceptron with its residual and layer norm: (B, S, H)."""
    tensors, prefix = weights.tensors, f"l{layer}"
    scale = quantize.symmetric(ranges[f"{prefix}.fi"], tensors[f"{prefix}.fi.w"])
    quantized = rounded(builder, "fi", scale_channels(builder, "fi", states, scale), scale)
    inner = linear(builder, "fi", tensors[f"{prefix}.fi.w"], tensors[f"{prefix}.fi.b"], quantized, scale)  # (B, S, F)
    inner = builder.node("Gelu", [inner], domain=CONTRIB)
    scale = quantize.behind_gelu(ranges[f"{prefix}.fo"], tensors[f"{prefix}.fo.w"])
    quantized = rounded(builder, "fo", scale_channels(builder, "fo", inner, scale), scale)
    outer = linear(builder, "fo", tensors[f"{prefix}.fo.w"], tensors[f"{prefix}.fo.b"], quantized, scale)  # (B, S, H)
    return add_and_norm(builder, weights, f"{prefix}.oln", outer, states)


def scale_channels(builder: Builder, name: str, states: str, scale: InputScale) -> str:
    """Each channel times its multiplier."""
    return builder.node("Mul", [states, builder.constant(f"{name}.in", scale.multiplier)])


def rounded(builder: Builder, name: str, scaled: str, scale: InputScale) -> str:
    """Scaled activations as bytes."""
    step = builder.constant(f"{name}.step", np.array(1, np.float32))
    return builder.node("QuantizeLinear", [scaled, step, zero_point(builder, name, scale)])


def zero_point(builder: Builder, name: str, scale: InputScale) -> str:
    return builder.constant(f"{name}.zero", np.array(scale.zero_point, np.uint8))


def linear(
    builder: Builder, name: str, matrix: np.ndarray, offset: np.ndarray, quantized: str, scale: InputScale
) -> str:
    """x @ matrix.T + offset in 8-bit integers, float32 out; `matrix` is (out, in)."""
    weights = quantize.per_channel(matrix / scale.multiplier)
    inputs = [
        quantized,
        builder.constant(f"{name}.w", weights.values),
        builder.constant(f"{name}.unit", np.array(1, np.float32)),
        builder.half(f"{name}.scale", weights.scales),
        zero_point(builder, f"{name}.w", scale),
        "",
        builder.half(f"{name}.b", offset),
    ]
    return builder.node("MatMulIntegerToFloat", inputs, domain=CONTRIB)


def add_and_norm(builder: Builder, weights: Weights, name: str, states: str, residual: str) -> str:
    """Layer norm of a sum: (B, S, H)."""
    last = name.rpartition(".")[2]
    scale = builder.constant(f"{last}.w", weights.tensors[f"{name}.w"])
    offset = builder.constant(f"{last}.b", weights.tensors[f"{name}.b"])
    return builder.node(
        "SkipLayerNormalization",
        [states, residual, scale, offset],
        domain=CONTRIB,
        epsilon=weights.config.layer_norm_epsilon,
    )


def first_token(builder: Builder, states: str) -> str:
    """(B, H)."""
    first = builder.node("Gather", [states, builder.constant("first", np.array([0]))], axis=1)  # (B, 1, H)
    return builder.node("Squeeze", [first, builder.constant("first_axis", np.array([1]))])


def mean(builder: Builder, weights: Weights, states: str, attended: str) -> str:
    """The mean over attended tokens, or their sum where only its direction counts: (B, H)."""
    row = builder.node("Unsqueeze", [attended, builder.constant("second", np.array([1]))])  # (B, 1, S)
    total = builder.node("MatMul", [row, states])  # (B, 1, H)
    total = builder.node("Squeeze", [total, builder.constant("first_axis", np.array([1]))])  # (B, H)
    if not weights.config.dense:
        return total
    count = builder.node("ReduceSum", [attended, builder.constant("token_axis", np.array([1]))], keepdims=1)  # (B, 1)
    return builder.node("Div", [total, count])


def dense_head(builder: Builder, weights: Weights, pooled: str) -> str:
    """The layer that a few encoders have behind pooling: (B, E)."""
    config, tensors = weights.config, weights.tensors
    if not config.dense:
        return pooled
    product = builder.node("MatMul", [pooled, builder.half("head.w", tensors["head.w"].T)])
    values = builder.node("Add", [product, builder.half("head.b", tensors["head.b"])])
    return builder.node("Tanh", [values]) if config.dense_activation == "tanh" else values


def unit_length(builder: Builder, vectors: str) -> None:
    """The graph's output: (B, E)."""
    length = builder.node("ReduceL2", [vectors, builder.constant("hidden_axis", np.array([-1]))], keepdims=1)
    length = builder.node("Max", [length, builder.constant("smallest", np.array(1e-12, np.float32))])
    builder.nodes.append(helper.make_node("Div", [vectors, length], ["embedding"], name="embedding"))


def model(builder: Builder, config: EncoderConfig) -> onnx.ModelProto:
    shape = ["batch", "sequence"]
    graph = helper.make_graph(
        builder.nodes,
        "encoder",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape),
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", config.dimension])],
        builder.initializers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="mlsearch_models"
    )


def write(built: onnx.ModelProto, path: Path) -> None:
    path.write_bytes(built.SerializeToString())
