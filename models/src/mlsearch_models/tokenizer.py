"""tokenizer.json: the Hugging Face tokenizers format, carried over or made from what a checkpoint has.

A tokenizer.json is kept as it is, but for truncation and padding, which are its user's choice. XLM-R's
pieces become its unigram tokenizer: sentencepiece's nmt_nfkc character map, then runs of spaces become
one; words at white space, each with a leading U+2581; `<s> … </s>`. A vocab.txt becomes BERT's.
"""

from __future__ import annotations

import base64
import functools
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from .weights import Vocabulary

TOKENIZER = "tokenizer.json"
WORDS = "vocab.txt"
SENTENCEPIECE_NAMES = ("sentencepiece.bpe.model", "spiece.model", "sentencepiece.model")
BOS, PAD, EOS, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
SPECIAL = (BOS, PAD, EOS, UNK, MASK)
BERT_PAD, BERT_UNK, BERT_CLS, BERT_SEP, BERT_MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
LONGEST_WORD = 100  # characters; BERT takes a longer one for unknown
SCORE_DECIMALS = 5


@dataclass(frozen=True)
class Pieces:
    """Unigram pieces and log probabilities; the index of a piece is its token id."""

    pieces: list[str]
    scores: np.ndarray  # (pieces,) float32
    bos: int = 0
    pad: int = 1
    eos: int = 2
    unk: int = 3


def write(vocabulary: Vocabulary, path: Path) -> None:
    path.write_text(vocabulary.tokenizer_json, encoding="utf-8")


def load(vocabulary: Vocabulary) -> Tokenizer:
    return Tokenizer.from_str(vocabulary.tokenizer_json)


def read(folder: Path) -> Vocabulary:
    """The tokenizer of a checkpoint folder."""
    settings = read_settings(folder)
    if (folder / TOKENIZER).exists():
        return carried_over(json.loads((folder / TOKENIZER).read_text(encoding="utf-8")), settings)
    for name in SENTENCEPIECE_NAMES:
        if (folder / name).exists():
            return read_sentencepiece(folder / name)
    if (folder / WORDS).exists():
        return word_piece((folder / WORDS).read_text(encoding="utf-8").splitlines(), settings)
    raise FileNotFoundError(f"{folder} has no {TOKENIZER}, no sentencepiece model and no {WORDS}")


def read_settings(folder: Path) -> dict:
    path = folder / "tokenizer_config.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def carried_over(document: dict, settings: dict) -> Vocabulary:
    """A tokenizer.json that neither truncates nor pads."""
    text = compact({**document, "truncation": None, "padding": None})
    loaded = Tokenizer.from_str(text)
    named = settings.get("pad_token")
    if isinstance(named, dict):
        named = named.get("content")
    for piece in (named, PAD, BERT_PAD):
        found = loaded.token_to_id(piece) if piece else None
        if found is not None:
            return Vocabulary(text, found)
    raise ValueError(f"the tokenizer has no token for padding: neither {PAD} nor {BERT_PAD}")


def unigram(pieces: Pieces) -> Vocabulary:
    return Vocabulary(compact(describe(pieces)), pieces.pad)


def read_sentencepiece(path: Path) -> Vocabulary:
    """An XLM-R sentencepiece model, in fairseq's order of ids."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.read_bytes())
    ordinary = [(piece.piece, piece.score) for piece in proto.pieces if piece.type == piece.NORMAL]
    pieces = [BOS, PAD, EOS, UNK] + [piece for piece, _ in ordinary] + [MASK]
    scores = [0.0] * 4 + [score for _, score in ordinary] + [0.0]
    return unigram(Pieces(pieces, np.array(scores, dtype=np.float32)))


def word_piece(words: list[str], settings: dict) -> Vocabulary:
    """BERT's tokenizer over the lines of a vocab.txt."""
    ids = {word: number for number, word in enumerate(words)}
    missing = [piece for piece in (BERT_PAD, BERT_UNK, BERT_CLS, BERT_SEP) if piece not in ids]
    if missing:
        raise ValueError(f"{WORDS} lacks {', '.join(missing)}")
    made = Tokenizer(models.WordPiece(ids, unk_token=BERT_UNK, max_input_chars_per_word=LONGEST_WORD))
    made.normalizer = normalizers.BertNormalizer(
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
        lowercase=settings.get("do_lower_case", True),
    )
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single=f"{BERT_CLS} $A {BERT_SEP}",
        pair=f"{BERT_CLS} $A {BERT_SEP} $B:1 {BERT_SEP}:1",
        special_tokens=[(piece, ids[piece]) for piece in (BERT_CLS, BERT_SEP)],
    )
    special = (BERT_PAD, BERT_UNK, BERT_CLS, BERT_SEP, BERT_MASK)
    made.add_special_tokens([piece for piece in special if piece in ids])
    return carried_over(json.loads(made.to_str()), settings)


def compact(document: dict) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def describe(pieces: Pieces) -> dict:
    """The content of a unigram tokenizer.json."""
    special = [(index, piece) for index, piece in enumerate(pieces.pieces) if piece in SPECIAL]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added_token(index, piece) for index, piece in special],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": nmt_nfkc_charsmap()},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace()],
        },
        "post_processor": template(pieces),
        "decoder": metaspace(),
        "model": {
            "type": "Unigram",
            "unk_id": pieces.unk,
            "vocab": [
                [piece, rounded(score)] for piece, score in zip(pieces.pieces, pieces.scores)
            ],
            "byte_fallback": False,
        },
    }


def added_token(index: int, piece: str) -> dict:
    return {
        "id": index,
        "content": piece,
        "single_word": False,
        "lstrip": piece == MASK,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def metaspace() -> dict:
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}


def template(pieces: Pieces) -> dict:
    def special(piece: str, kind: int) -> dict:
        return {"SpecialToken": {"id": piece, "type_id": kind}}

    def sequence(name: str) -> dict:
        return {"Sequence": {"id": name, "type_id": 0}}

    ids = {BOS: pieces.bos, EOS: pieces.eos}
    single = [special(BOS, 0), sequence("A"), special(EOS, 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": single + [special(EOS, 0), sequence("B"), special(EOS, 0)],
        "special_tokens": {
            piece: {"id": piece, "ids": [index], "tokens": [piece]} for piece, index in ids.items()
        },
    }


def rounded(score: np.float32) -> float:
    """Five decimals: the rest is below the rounding of a float32 sum over a text, and costs 0.3 MB."""
    return round(float(score), SCORE_DECIMALS)


@functools.cache
def nmt_nfkc_charsmap() -> str:
    """The compiled nmt_nfkc map, base64, out of a sentencepiece model trained on one line."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g h"]),
        model_writer=model,
        vocab_size=12,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
