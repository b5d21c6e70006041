"""Weights between base and trained."""

import json
import sys

import pytest
import torch

from mlsearch_models import encoder
from mlsearch_models.train import average

from test_train_batches import write


@pytest.fixture(scope="module")
def trained(tiny_checkpoint, tmp_path_factory):
    """The tiny encoder with every trained parameter moved by one."""
    model = encoder.load(str(tiny_checkpoint))
    with torch.no_grad():
        for value in model.network.parameters():
            if value.requires_grad:
                value.add_(1.0)
    folder = tmp_path_factory.mktemp("run") / "best"
    model.save(folder, {"step": 3})
    return folder


def test_a_mix_lies_between_the_two(tiny_checkpoint, trained):
    base, model = encoder.load(str(tiny_checkpoint)), encoder.load(trained)
    mixes = average.Mixes(base, model)
    for share in (0.25, 1.0, 0.0):  # in any order: the mix never becomes a part of the next one
        mixes.put(share, model)
        for (name, old), new in zip(base.named_parameters(), model.parameters()):
            moved = 0.0 if "word_embeddings" in name else share
            assert torch.allclose(new, old + moved, atol=1e-6), name
    with pytest.raises(ValueError, match="between 0 and 1"):
        mixes.put(1.5, model)


def test_the_mean_of_runs_is_that_of_their_weights(tiny_checkpoint, trained):
    one = average.mean([trained], None)
    both = average.mean([trained, tiny_checkpoint], None)
    base = encoder.load(str(tiny_checkpoint))
    for (name, old), whole, half in zip(base.named_parameters(), one.parameters(), both.parameters()):
        moved = 0.0 if "word_embeddings" in name else 1.0
        assert torch.allclose(whole, old + moved, atol=1e-6), name
        assert torch.allclose(half, old + moved / 2, atol=1e-6), name
    assert one.description.training == {"step": 3}
    assert both.description.training == {"step": 3, "averaged_with": [base.description.training]}


def test_of_shares_that_are_as_good_the_greatest_is_chosen():
    assert average.choose({0.5: 0.6489, 0.6: 0.6495, 0.7: 0.6494, 0.8: 0.6480}) == 0.7
    assert average.choose({0.5: 0.7, 1.0: 0.6}) == 0.5


def test_the_command_keeps_the_best_share(tiny_checkpoint, trained, tmp_path, monkeypatch, capsys):
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    write(prepared)
    with (prepared / "passages.jsonl").open("w") as file:
        for number in range(30):
            first, second = (f"{chr(97 + (number + at) % 26)} bad cab " * 6 for at in (0, 7))
            row = {"source": "blocks", "split": "dev", "language": "aa", "group": str(number)}
            file.write(json.dumps(row | {"text": f"{first.strip()}.\n{second.strip()}."}) + "\n")
    settings = tmp_path / "run.toml"
    held_out = "[validation]\npairs = 20\ngroups = 20\n"
    settings.write_text(f'[base]\nsource = "{tiny_checkpoint}"\n[parallel]\npivot = "aa"\n{held_out}')
    out = tmp_path / "mixed"
    words = ["--trained", trained, "--config", settings, "--data", prepared, "--out", out, "--shares", "0", "1"]
    monkeypatch.setattr(sys, "argv", ["average", *map(str, words)])
    assert average.main() == 0
    told = encoder.load(out).description.training
    scores = [json.loads(line.split(": ", 1)[1])["score"] for line in capsys.readouterr().out.splitlines()[:2]]
    chosen = average.choose({0.0: scores[0], 1.0: scores[1]})
    assert told["share_of_trained_weights"] == chosen
    assert told["step"] == 3 and told["validation"]["score"] == scores[int(chosen)]
