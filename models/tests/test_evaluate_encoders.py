"""Encoders and the store of their vectors, on the tiny random encoder."""

from pathlib import Path

import numpy as np
import pytest

from mlsearch_models import encoder
from mlsearch_models.evaluate import encoders, vectors

TEXTS = ["a bad cab", "cafe", "hedge fade bead " * 9, "deaf", ""]


@pytest.fixture
def pytorch(tiny_checkpoint, tmp_path):
    return encoders.open_encoder(str(tiny_checkpoint), tmp_path, 1)


@pytest.fixture
def exported(tiny_folder, tmp_path):
    return encoders.open_encoder(str(tiny_folder[0]), tmp_path, 1)


def test_both_kinds_agree_and_keep_the_order(pytorch, exported):
    for role in ("query", "passage"):
        ours, theirs = pytorch.encode(TEXTS, role), exported.encode(TEXTS, role)
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(theirs, axis=1), 1, atol=1e-5)
        assert (ours * theirs).sum(1).min() > 0.97
        one = exported.encode(TEXTS[1:2], role)
        np.testing.assert_allclose(one[0], theirs[1], atol=1e-5)


def test_prompts_tell_roles_apart(exported):
    assert np.abs(exported.encode(TEXTS[:1], "query") - exported.encode(TEXTS[:1], "passage")).max() > 1e-3


def test_fingerprints_follow_weights_and_prompts(pytorch, tiny_checkpoint, tmp_path):
    same = encoders.open_encoder(str(tiny_checkpoint), tmp_path, 1)
    assert same.fingerprint == pytorch.fingerprint
    description = encoder.Description(base=str(tiny_checkpoint), name="other", prompts={"query": "", "passage": ""})
    same.model = encoder.load(tiny_checkpoint, tmp_path, description)
    assert same.digest() != pytorch.fingerprint
    pytorch.model.network.encoder.layer[0].output.dense.bias.data[0] += 1
    assert pytorch.digest() != pytorch.fingerprint


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither model.onnx nor a checkpoint"):
        encoders.open_encoder(str(tmp_path), tmp_path, 1)


class Counting:
    """Counts what it is asked for; vectors are of lengths and roles."""

    name, fingerprint, description = "counting", "f00d", {}

    def __init__(self):
        self.texts = 0

    def encode(self, texts, role):
        self.texts += len(texts)
        return np.array([[len(text), role == "query"] for text in texts], np.float32)


def test_texts_are_encoded_once_and_come_back_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "GROUP", 2)
    counting = Counting()
    store = vectors.VectorStore(counting, tmp_path)
    first = store.get({"a": TEXTS, "b": TEXTS[:2]}, "query", "test")
    np.testing.assert_array_equal(first["a"][:, 0], [len(text) for text in TEXTS])
    assert counting.texts == 7 and first["a"].dtype == np.float32
    again = vectors.VectorStore(counting, tmp_path).get({"c": TEXTS}, "query", "test")
    np.testing.assert_array_equal(again["c"], first["a"])
    assert counting.texts == 7


def test_roles_and_joined_texts_are_other_sets(tmp_path):
    store = vectors.VectorStore(Counting(), tmp_path)
    sets = [(["ab", "c"], "query"), (["ab", "c"], "passage"), (["a", "bc"], "query"), (["abc"], "query")]
    assert len({store.path(*one) for one in sets}) == 4
    assert all(isinstance(store.path(*one), Path) for one in sets)
