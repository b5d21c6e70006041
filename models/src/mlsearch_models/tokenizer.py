"""Writes tokenizer.json: XLM-R's unigram tokenizer in the Hugging Face tokenizers format.

Normaliser: sentencepiece's nmt_nfkc character map, then runs of spaces become one. Pre-tokenizer:
words at white space, each with a leading U+2581. Template: `<s> … </s>`.
"""

from __future__ import annotations

import base64
import functools
import io
import json
from pathlib import Path

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from .weights import Vocabulary

BOS, PAD, EOS, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
SPECIAL = (BOS, PAD, EOS, UNK, MASK)
SCORE_DECIMALS = 5


def write(vocabulary: Vocabulary, path: Path) -> None:
    """Writes a compact tokenizer.json that neither truncates nor pads: that is its user's choice."""
    text = json.dumps(describe(vocabulary), ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")


def load(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def read(path: Path) -> Vocabulary:
    """The vocabulary of a tokenizer.json whose model is Unigram."""
    model = json.loads(path.read_text(encoding="utf-8"))["model"]
    if model.get("type") != "Unigram":
        raise ValueError(f"{path} holds a {model.get('type')} tokenizer, only Unigram is supported")
    pieces = [piece for piece, _ in model["vocab"]]
    scores = np.array([score for _, score in model["vocab"]], dtype=np.float32)
    return with_special_ids(pieces, scores)


def read_sentencepiece(path: Path) -> Vocabulary:
    """The vocabulary of an XLM-R sentencepiece model, in fairseq's order of ids."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.read_bytes())
    ordinary = [(piece.piece, piece.score) for piece in proto.pieces if piece.type == piece.NORMAL]
    pieces = [BOS, PAD, EOS, UNK] + [piece for piece, _ in ordinary] + [MASK]
    scores = [0.0] * 4 + [score for _, score in ordinary] + [0.0]
    return with_special_ids(pieces, np.array(scores, dtype=np.float32))


def with_special_ids(pieces: list[str], scores: np.ndarray) -> Vocabulary:
    ids = {piece: index for index, piece in enumerate(pieces) if piece in SPECIAL}
    missing = [piece for piece in (BOS, PAD, EOS, UNK) if piece not in ids]
    if missing:
        raise ValueError(f"the vocabulary lacks {', '.join(missing)}")
    return Vocabulary(pieces, scores, bos=ids[BOS], pad=ids[PAD], eos=ids[EOS], unk=ids[UNK])


def describe(vocabulary: Vocabulary) -> dict:
    """The content of tokenizer.json."""
    special = [(index, piece) for index, piece in enumerate(vocabulary.pieces) if piece in SPECIAL]
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
        "post_processor": template(vocabulary),
        "decoder": metaspace(),
        "model": {
            "type": "Unigram",
            "unk_id": vocabulary.unk,
            "vocab": [
                [piece, rounded(score)] for piece, score in zip(vocabulary.pieces, vocabulary.scores)
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


def template(vocabulary: Vocabulary) -> dict:
    def special(piece: str, kind: int) -> dict:
        return {"SpecialToken": {"id": piece, "type_id": kind}}

    def sequence(name: str) -> dict:
        return {"Sequence": {"id": name, "type_id": 0}}

    ids = {BOS: vocabulary.bos, EOS: vocabulary.eos}
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
