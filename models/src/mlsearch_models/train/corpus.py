"""The prepared examples as token ids: read once, kept beside the files, mapped from then on.

Files read: pairs.jsonl and parallel.jsonl as `prepare` writes them. A text is kept once, without
prompt and special tokens; `Texts.ids` puts those around it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from ..encoder import Encoder
from ..prepare.sentences import split as split_sentences
from .keywords import Keywords

FORMAT = 1
LONGEST = 256  # tokens of a text that are kept
CHUNK = 20_000
SPLITS = ("train", "dev")


class Texts:
    """Token ids of every distinct text."""

    def __init__(self, tokens: np.ndarray, offsets: np.ndarray, encoder: Encoder):
        self.tokens = tokens  # (all tokens,) int32
        self.offsets = offsets  # (texts + 1,) int64
        self.most = encoder.description.max_tokens
        self.vocabulary = encoder.tokenizer.get_vocab()
        self.frames = {role: frame(encoder, role) for role in encoder.description.prompts}

    def ids(self, text: int, role: str, most: int) -> list[int]:
        """The text with prompt and special tokens, cut to `most` tokens."""
        return self.framed(self.bare(text), role, most)

    def keyword_ids(self, text: int, role: str, most: int, random: np.random.Generator) -> list[int]:
        """A few of the text's words, as `ids`."""
        return self.framed(self.keywords.of(self.bare(text), random), role, most)

    def bare(self, text: int) -> list[int]:
        return self.tokens[int(self.offsets[text]) : int(self.offsets[text + 1])].tolist()

    def framed(self, inner: list[int], role: str, most: int) -> list[int]:
        before, after = self.frames[role]
        return before + inner[: min(most, self.most) - len(before) - len(after)] + after

    @cached_property
    def keywords(self) -> Keywords:
        return Keywords(self.tokens, self.vocabulary)

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Pairs:
    """Questions and passages; columns of equal length, numbers of texts, names and groups."""

    question: np.ndarray
    passage: np.ndarray
    sentence: np.ndarray  # -1: unknown
    language: np.ndarray
    source: np.ndarray
    group: np.ndarray
    split: np.ndarray
    others: np.ndarray  # (texts,) other sentences of the passages, flat
    others_start: np.ndarray  # (pairs + 1,)


@dataclass(frozen=True)
class Parallel:
    """Translations; a row is one text of one group."""

    text: np.ndarray
    language: np.ndarray
    source: np.ndarray
    group: np.ndarray
    split: np.ndarray


@dataclass(frozen=True)
class Corpus:
    texts: Texts
    languages: list[str]
    sources: list[str]
    pairs: Pairs
    parallel: Parallel


def load(folder: Path, encoder: Encoder) -> Corpus:
    """The corpus of a folder that `prepare` wrote; the first call tokenises and takes minutes."""
    key = fingerprint(folder, encoder)
    kept = folder / f"tokens-{key}"
    if not (kept / "names.json").exists():
        convert(folder, kept, encoder)
    names = json.loads((kept / "names.json").read_text(encoding="utf-8"))
    columns = {path.stem: np.load(path, mmap_mode="r") for path in kept.glob("*.npy")}

    def table(kind: type, prefix: str):
        return kind(**{name: columns[f"{prefix}.{name}"] for name in kind.__dataclass_fields__})

    texts = Texts(columns["tokens"], columns["offsets"], encoder)
    return Corpus(texts, names["languages"], names["sources"], table(Pairs, "pairs"), table(Parallel, "parallel"))


def fingerprint(folder: Path, encoder: Encoder) -> str:
    """Changes with the prepared files and the tokenizer."""
    digest = hashlib.blake2b(f"{FORMAT} {LONGEST}".encode(), digest_size=8)
    digest.update(encoder.tokenizer.to_str().encode())
    found = False
    for name in ("pairs.jsonl", "parallel.jsonl"):
        path = folder / name
        if path.exists():
            status = path.stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}".encode())
            found = True
    if not found:
        raise FileNotFoundError(f"{folder} has neither pairs.jsonl nor parallel.jsonl; run mlsearch_models.prepare")
    return digest.hexdigest()


class Numbers:
    """Numbers names in the order of their first appearance."""

    def __init__(self):
        self.of: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.of.setdefault(name, len(self.of))


def convert(folder: Path, kept: Path, encoder: Encoder) -> None:
    """Reads the JSON lines, tokenises every distinct text and writes the columns."""
    texts, languages, sources, groups = Numbers(), Numbers(), Numbers(), Numbers()
    pairs = read_pairs(folder / "pairs.jsonl", texts, languages, sources, groups)
    parallel = read_parallel(folder / "parallel.jsonl", texts, languages, sources, groups)
    columns = {f"pairs.{name}": values for name, values in pairs.items()}
    columns |= {f"parallel.{name}": values for name, values in parallel.items()}
    columns["tokens"], columns["offsets"] = tokenize(list(texts.of), encoder.tokenizer)
    kept.mkdir(parents=True, exist_ok=True)
    for name, values in columns.items():
        np.save(kept / f"{name}.npy", values)
    names = {"languages": list(languages.of), "sources": list(sources.of)}
    # Last: its presence says that the columns are whole.
    (kept / "names.json").write_text(json.dumps(names), encoding="utf-8")


def read_pairs(path: Path, texts, languages, sources, groups) -> dict[str, np.ndarray]:
    rows = list(json_lines(path))
    # A heading such as "Options" asks for many sections, so it teaches nothing.
    asked = Counter((row["language"], row["question"]) for row in rows)
    columns: dict[str, list[int]] = {name: [] for name in Pairs.__dataclass_fields__}
    columns["others_start"].append(0)
    for row in rows:
        if asked[row["language"], row["question"]] > 3:
            continue
        sentence = row.get("sentence")
        columns["question"].append(texts(row["question"]))
        columns["passage"].append(texts(row["passage"]))
        columns["sentence"].append(texts(sentence) if sentence else -1)
        columns["language"].append(languages(row["language"]))
        columns["source"].append(sources(row["source"]))
        columns["group"].append(groups(f"{row['source']} {row['group']}"))
        columns["split"].append(SPLITS.index(row["split"]))
        if sentence:
            others = [other for other in split_sentences(row["passage"]) if other.strip() not in sentence]
            columns["others"].extend(texts(other.strip()) for other in others if len(other.strip()) > 10)
        columns["others_start"].append(len(columns["others"]))
    return {name: np.array(values, np.int32) for name, values in columns.items()}


def read_parallel(path: Path, texts, languages, sources, groups) -> dict[str, np.ndarray]:
    columns: dict[str, list[int]] = {name: [] for name in Parallel.__dataclass_fields__}
    for row in json_lines(path):
        group = groups(f"{row['source']} {row['group']}")
        for language, text in row["texts"].items():
            columns["text"].append(texts(text))
            columns["language"].append(languages(language))
            columns["source"].append(sources(row["source"]))
            columns["group"].append(group)
            columns["split"].append(SPLITS.index(row["split"]))
    return {name: np.array(values, np.int32) for name, values in columns.items()}


def json_lines(path: Path):
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}, line {number}: {error}; run mlsearch_models.prepare again") from error


def tokenize(texts: list[str], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """All tokens, int32, and where each text begins, int64 (texts + 1,)."""
    parts, lengths = [np.zeros(0, np.int32)], [0]
    for start in range(0, len(texts), CHUNK):
        for encoding in tokenizer.encode_batch(texts[start : start + CHUNK], add_special_tokens=False):
            ids = encoding.ids[:LONGEST]
            parts.append(np.array(ids, np.int32))
            lengths.append(len(ids))
        print(f"\rtokenised {min(start + CHUNK, len(texts)):,} of {len(texts):,} texts", end="", file=sys.stderr)
    print(file=sys.stderr)
    return np.concatenate(parts), np.cumsum(lengths, dtype=np.int64)


def frame(encoder: Encoder, role: str) -> tuple[list[int], list[int]]:
    """The ids before and after a text in this role.

    Raises ValueError where a prompt and a text do not tokenise apart: such a prompt must end with a space.
    """
    prompt, probe = encoder.description.prompts[role], "a"
    whole = encoder.tokenizer.encode(prompt + probe).ids
    inner = encoder.tokenizer.encode(probe, add_special_tokens=False).ids
    for start in range(len(whole) - len(inner), -1, -1):
        if whole[start : start + len(inner)] == inner:
            return whole[:start], whole[start + len(inner) :]
    raise ValueError(f"the prompt {prompt!r} runs into the text behind it; end it with a space")
