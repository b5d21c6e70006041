"""A model folder becomes a checkpoint again."""

import dataclasses
import sys

import numpy as np
import pytest
import torch
from conftest import request

from mlsearch_models import assemble, encoder, restore

TEXTS = ["a bad cab", "hedge fade bead", "cafe"]


@pytest.fixture
def trained(tiny_checkpoint, tmp_path):
    """An encoder whose weights are near the base's, as training leaves them, and its folder."""
    model = encoder.load(tiny_checkpoint)
    drawn = np.random.default_rng(5)
    state = {
        name: values + torch.from_numpy(drawn.normal(0, 0.02, values.shape).astype(np.float32))
        for name, values in model.trained_state().items()
        if values.is_floating_point()
    }
    model.network.load_state_dict(state, strict=False)
    assemble.write(model, request("trained"), tmp_path / "trained", lambda *_: None)
    return model, tmp_path / "trained"


def test_a_restored_model_gives_the_vectors_of_the_one_that_was_exported(
    trained, tiny_checkpoint, tmp_path, monkeypatch
):
    model, folder = trained
    arguments = ["restore", str(folder), "--base", str(tiny_checkpoint), "--out", str(tmp_path / "again")]
    monkeypatch.setattr(sys, "argv", arguments)
    assert restore.main() == 0
    assert encoder.load(tmp_path / "again").description.training["restored"] == f"{folder.name} 1"
    again, base = encoder.load(tmp_path / "again"), encoder.load(tiny_checkpoint)
    expected = model.encode(TEXTS, "query")
    cosines = (again.encode(TEXTS, "query") * expected).sum(1)
    assert cosines.min() > 0.999
    assert (base.encode(TEXTS, "query") * expected).sum(1).min() < cosines.min()
    # The arbitrary scale between values and what merges them is the base's again.
    name = "encoder.layer.0.attention.self.value.weight"
    ours, theirs = again.network.state_dict()[name], model.network.state_dict()[name]
    assert (ours.norm(dim=1) / theirs.norm(dim=1) - 1).abs().max() < 0.1


def test_the_graph_of_another_base_is_refused(trained, tiny_checkpoint):
    base = encoder.load(tiny_checkpoint)
    deeper = dataclasses.replace(base.weights.config, layers=3)
    with pytest.raises(ValueError, match="3 layers"):
        restore.read({"l1.oln.w": np.ones(64)}, deeper, base.weights.tensors)
    # Weights that point elsewhere were not trained from it.
    state = base.network.state_dict()
    name = "encoder.layer.0.attention.self.value.weight"
    base.network.load_state_dict({name: -state[name]}, strict=False)
    with pytest.raises(ValueError, match="not trained from this base"):
        restore.restore(trained[1], base)
