"""Makes a checkpoint of an exported model folder: python -m mlsearch_models.restore FOLDER --out CHECKPOINT

So that training can go on from a published model. The int8 weights become float32 again, with the rounding that
they have. The graph keeps the values' projection and the merging product scaled against each other; the scale, which
changes nothing of what the pair computes, is taken to be the one that brings both closest to the base's.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from . import checkpoint, encoder, folder, tokenizer
from .weights import EncoderConfig, linear_names


def main() -> int:
    arguments = parse_arguments()
    try:
        base = load_base(arguments)
        restore(arguments.folder, base)
        base.save(arguments.out, origin(arguments.folder))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.out}: the weights of {arguments.folder}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.restore", description="Makes a checkpoint of a model folder.")
    parser.add_argument("folder", type=Path, help="the exported model folder")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint folder to write")
    parser.add_argument("--base", default=encoder.WHEEL, help="the encoder that it was trained from: a name or a folder")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    return parser.parse_args()


def load_base(arguments: argparse.Namespace) -> encoder.Encoder:
    """The base with the folder's tokenizer: its own, or its own that also romanizes."""
    tokenizer_json = (arguments.folder / tokenizer.TOKENIZER).read_text(encoding="utf-8")
    base = encoder.load(arguments.base, arguments.cache)
    if tokenizer_json != base.weights.vocabulary.tokenizer_json:
        base = encoder.Encoder(base.weights, replace(base.description, romanize=True))
    if tokenizer_json != base.weights.vocabulary.tokenizer_json:
        raise ValueError(f"{arguments.folder} has another tokenizer than its base, {arguments.base}")
    return base


def origin(exported: Path) -> dict[str, object]:
    """What the checkpoint's record of its training says: the model's name and version, and the licences of its data."""
    document = json.loads((exported / "config.json").read_text(encoding="utf-8"))
    licences = [entry for entry in document["licences"] if entry["what"] == folder.TRAINING_DATA]
    return {"restored": f"{document['name']} {document['version']}", "licences": licences}


def restore(exported: Path, base: encoder.Encoder) -> None:
    """Puts the weights of the exported graph into the encoder that they were trained from."""
    config = base.weights.config
    if config.dense:
        raise ValueError("a model with a dense head cannot be restored")
    graph = onnx.load(exported / folder.FILES[0], load_external_data=False).graph
    stored = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }
    weights = base.current_weights()
    tensors = {**weights.tensors, **read(stored, config, weights.tensors)}
    base.network.load_state_dict(checkpoint.state_dict(replace(weights, tensors=tensors)))


def read(stored: dict[str, np.ndarray], config: EncoderConfig, base: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of `weights.Weights` that training changes, from the graph's initializers."""
    if f"l{config.layers - 1}.oln.w" not in stored or f"l{config.layers}.oln.w" in stored:
        raise ValueError(f"the graph does not have the base's {config.layers} layers")
    tensors = {"emb.pos": stored["positions"].astype(np.float32) - base["emb.type"][0]}
    tensors |= norms(stored, "", "emb.")
    for layer in range(config.layers):
        scope = f"l{layer}."
        tensors |= norms(stored, f"{scope}a", f"{scope}a") | norms(stored, f"{scope}o", f"{scope}o")
        for module in linear_names(layer):
            tensors[f"{module}.w"] = matrix(stored, scope, module)
            tensors[f"{module}.b"] = stored[f"{module}.b"].astype(np.float32)
        unscale(tensors, base, scope, config.head_size)
    for name, values in tensors.items():
        if values.shape != base[name].shape:
            raise ValueError(f"{name} has the shape {values.shape}, and {base[name].shape} in the base")
    return tensors


def norms(stored: dict[str, np.ndarray], theirs: str, ours: str) -> dict[str, np.ndarray]:
    """Scale and offset of a layer norm."""
    return {f"{ours}ln.{part}": stored[f"{theirs}ln.{part}"].astype(np.float32) for part in "wb"}


def matrix(stored: dict[str, np.ndarray], scope: str, module: str) -> np.ndarray:
    """A linear layer's weights (out, in), as the graph's input channels are scaled (`quantize`)."""
    values = stored[f"{module}.w"].astype(np.float32) * stored[f"{module}.scale"].astype(np.float32)  # (in, out)
    name = module.removeprefix(scope)
    channels = stored.get(f"{scope}{'qkv' if name in ('q', 'k', 'v') else name}.in")
    return (values if channels is None else values * channels[:, None]).T.copy()


def unscale(tensors: dict[str, np.ndarray], base: dict[str, np.ndarray], scope: str, head_size: int) -> None:
    """Takes off what `graph.attention` multiplies queries and values by."""
    root = np.float32(np.sqrt(head_size))
    tensors[f"{scope}q.w"] *= root
    tensors[f"{scope}q.b"] *= root
    value, merge = f"{scope}v.w", f"{scope}ao.w"
    # Of each channel, how much longer the values' row is than the base's, and how much shorter the column behind it.
    longer = (tensors[value] * base[value]).sum(1) / (base[value] ** 2).sum(1)
    shorter = (tensors[merge] * base[merge]).sum(0) / (base[merge] ** 2).sum(0)
    if min(longer.min(), shorter.min()) <= 0:
        raise ValueError(f"{scope}v of the graph is not trained from this base")
    scale = np.sqrt(longer / shorter)
    tensors[value] /= scale[:, None]
    tensors[f"{scope}v.b"] /= scale
    tensors[merge] *= scale


if __name__ == "__main__":
    sys.exit(main())
