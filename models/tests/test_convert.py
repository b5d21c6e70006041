import json

import numpy as np
import onnxruntime
import pytest

from tokenizers import Tokenizer

from mlsearch_models import checkpoint, folder


def test_a_checkpoint_reads_back_as_it_was_saved(tiny_weights, tiny_checkpoint):
    read = checkpoint.load(tiny_checkpoint)
    assert read.config == tiny_weights.config
    assert read.vocabulary == tiny_weights.vocabulary
    for name, values in tiny_weights.tensors.items():
        np.testing.assert_array_equal(read.tensors[name], values)


def test_the_graph_agrees_with_pytorch(tiny_folder):
    _, agreement = tiny_folder
    assert agreement.worst > 0.98


def test_vectors_have_unit_length_with_and_without_padding(tiny_folder):
    output, _ = tiny_folder
    session = onnxruntime.InferenceSession(str(output / "model.onnx"))
    ids = np.array([[0, 5, 6, 7, 2, 1, 1], [0, 9, 8, 12, 4, 5, 2]])
    (vectors,) = session.run(["embedding"], {"input_ids": ids, "attention_mask": (ids != 1).astype(np.int64)})
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    short = ids[:1, :5]
    (alone,) = session.run(["embedding"], {"input_ids": short, "attention_mask": np.ones_like(short)})
    np.testing.assert_allclose(alone[0], vectors[0], atol=1e-5)


def test_token_ids_in_parity_are_those_of_tokenizer_json(tiny_folder):
    output, _ = tiny_folder
    loaded = Tokenizer.from_file(str(output / "tokenizer.json"))
    prompts = json.loads((output / "config.json").read_text())["prompts"]
    for entry in json.loads((output / "parity.json").read_text())["texts"]:
        assert loaded.encode(prompts[entry["role"]] + entry["text"]).ids == entry["token_ids"]


def test_the_tokenizer_folds_width_and_collapses_spaces(tiny_folder):
    loaded = Tokenizer.from_file(str(tiny_folder[0] / "tokenizer.json"))
    assert loaded.encode("ａ   b ").tokens == ["<s>", "\u2581", "a", "\u2581", "b", "</s>"]


def test_a_changed_file_is_noticed(tiny_folder):
    output, _ = tiny_folder
    folder.verify(output)
    path = output / "tokenizer.json"
    original = path.read_bytes()
    path.write_bytes(original + b" ")
    try:
        with pytest.raises(ValueError, match="tokenizer.json differs"):
            folder.verify(output)
    finally:
        path.write_bytes(original)
