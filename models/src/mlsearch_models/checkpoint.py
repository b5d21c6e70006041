"""Reads and writes Hugging Face checkpoints of the BERT and XLM-R family.

A checkpoint is a folder with config.json, model.safetensors or pytorch_model.bin, and a tokenizer:
tokenizer.json, a sentencepiece model or vocab.txt. It may be laid out as sentence-transformers does
(`layout`). XLM-R tables number positions from padding_idx + 1; those rows are dropped here so that
position 0 is the first token, as in BERT.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from . import layout, tokenizer
from .weights import EncoderConfig, Weights, layer_norm_names, linear_names

FAMILY = ("bert", "xlm-roberta", "roberta", "camembert")
ROBERTA_FAMILY = ("xlm-roberta", "roberta", "camembert")
PREFIXES = ("0.auto_model.", "auto_model.", "bert.", "roberta.", "model.")

EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def load(folder: Path) -> Weights:
    """Reads a checkpoint folder; `provenance` names the folder's own `_name_or_path`."""
    outline = layout.read(folder)
    dense = outline.dense
    network = outline.network
    description = json.loads((network / "config.json").read_text(encoding="utf-8"))
    if description.get("model_type", "bert") not in FAMILY:
        raise ValueError(f"{folder} is a {description['model_type']}, only {', '.join(FAMILY)} are supported")
    if description.get("hidden_act", "gelu") != "gelu":
        raise ValueError(f"hidden_act {description['hidden_act']} is not supported, only gelu is")
    state = strip_prefix(read_state(network))
    skipped = position_offset(description)
    config = EncoderConfig(
        hidden=description["hidden_size"],
        layers=description["num_hidden_layers"],
        heads=description["num_attention_heads"],
        feed_forward=description["intermediate_size"],
        vocabulary=description["vocab_size"],
        positions=description["max_position_embeddings"] - skipped,
        token_types=description["type_vocab_size"],
        layer_norm_epsilon=description["layer_norm_eps"],
        dense=0 if dense is None else len(dense.matrix),
        dense_activation="identity" if dense is None else dense.activation,
    )
    if dense is not None:
        state |= {"head.weight": torch.from_numpy(dense.matrix), "head.bias": torch.from_numpy(dense.offset)}
    tensors = {}
    for ours, theirs in parameter_names(config).items():
        if theirs not in state:
            raise ValueError(f"the checkpoint {folder} has no parameter {theirs}")
        tensors[ours] = state[theirs].float().numpy()
    tensors["emb.pos"] = tensors["emb.pos"][skipped:]
    vocabulary = tokenizer.read(network)
    if tokenizer.load(vocabulary).get_vocab_size() > config.vocabulary:
        raise ValueError(f"{folder}: the tokenizer has more tokens than the network's {config.vocabulary:,}")
    provenance = {
        "base": str(description.get("_name_or_path") or folder.name),
        "source": f"Hugging Face checkpoint {folder.name}",
        "source_precision": str(description.get("dtype") or description.get("torch_dtype") or "float32"),
    }
    return Weights(config, tensors, vocabulary, None, provenance)


def save(weights: Weights, folder: Path) -> None:
    """Writes a BERT checkpoint that transformers and `load` read; it has no place for a dense head."""
    if weights.config.dense:
        raise ValueError("a dense head cannot be written to a BERT checkpoint")
    folder.mkdir(parents=True, exist_ok=True)
    description = {"architectures": ["BertModel"], **transformers_config(weights.config, weights.vocabulary.pad)}
    (folder / "config.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    save_file(state_dict(weights), folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.write(weights.vocabulary, folder / tokenizer.TOKENIZER)


def transformers_config(config: EncoderConfig, padding_id: int) -> dict:
    """The arguments of transformers.BertConfig."""
    return {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.feed_forward,
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.positions,
        "type_vocab_size": config.token_types,
        "layer_norm_eps": config.layer_norm_epsilon,
        "pad_token_id": padding_id,
    }


def state_dict(weights: Weights) -> dict[str, torch.Tensor]:
    """The parameters under the names transformers.BertModel uses."""
    names = parameter_names(weights.config)
    return {theirs: torch.from_numpy(np.ascontiguousarray(weights.tensors[ours])) for ours, theirs in names.items()}


def parameter_names(config: EncoderConfig) -> dict[str, str]:
    """Our array names to transformers' parameter names."""
    names = {name: EMBEDDING_NAMES[name] for name in ("emb.word", "emb.pos", "emb.type")}
    modules = layer_norm_names(config)
    for layer in range(config.layers):
        modules += linear_names(layer)
    for module in modules:
        prefix, _, last = module.partition(".")
        theirs = EMBEDDING_NAMES.get(module) or f"encoder.layer.{prefix[1:]}.{LAYER_NAMES[last]}"
        names[f"{module}.w"] = f"{theirs}.weight"
        names[f"{module}.b"] = f"{theirs}.bias"
    if config.dense:
        names |= {"head.w": "head.weight", "head.b": "head.bias"}
    return names


def read_state(folder: Path) -> dict[str, torch.Tensor]:
    if (folder / "model.safetensors").exists():
        return load_file(folder / "model.safetensors")
    if (folder / "pytorch_model.bin").exists():
        return torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    raise FileNotFoundError(f"{folder} has neither model.safetensors nor pytorch_model.bin")


def strip_prefix(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    for prefix in PREFIXES:
        if f"{prefix}embeddings.word_embeddings.weight" in state:
            return {name.removeprefix(prefix): value for name, value in state.items()}
    return state


def position_offset(description: dict) -> int:
    if description.get("model_type") in ROBERTA_FAMILY:
        return description.get("pad_token_id", 1) + 1
    return 0
