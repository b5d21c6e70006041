"""Whole runs of the tiny encoder: learning, stopping and going on, memory, refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mlsearch_models import encoder
from mlsearch_models.train import config, corpus
from mlsearch_models.train.trainer import Trainer

from test_train_batches import write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    write(folder)
    return folder


def settings(steps: int = 6, **run) -> config.Config:
    run = {"precision": "float32", "validate_every": 3, "save_every": 2, "matryoshka": (64, 32)} | run
    return config.Config(
        pairs=config.Pairs(size=8, mixed_languages=3),
        parallel=config.Parallel(size=6, pivot="aa", distillation=1.0, divergence=1.0),
        optimizer=config.Optimizer(steps=steps, learning_rate=1e-3),
        run=config.Run(**run),
        validation=config.Validation(pairs=20, groups=20),
    )


def start(folder, checkpoint, out, wanted: config.Config) -> Trainer:
    model = encoder.load(str(checkpoint))
    return Trainer(model, corpus.load(folder, model), wanted, out)


def test_the_word_embeddings_stay_and_the_rest_learns(folder, tiny_checkpoint, tmp_path):
    trainer = start(folder, tiny_checkpoint, tmp_path, settings(steps=30))
    before = trainer.encoder.network.embeddings.word_embeddings.weight.clone()
    trainer.run()
    assert torch.equal(before, trainer.encoder.network.embeddings.word_embeddings.weight)
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [record["loss"] for record in records if "loss" in record]
    assert len(losses) == 30 and np.mean(losses[-5:]) < np.mean(losses[:5])
    scores = [record["validation"]["score"] for record in records if "validation" in record]
    kept = json.loads((tmp_path / "best.json").read_text())
    assert kept["score"] == max(scores) > scores[0]
    assert encoder.load(tmp_path / "best").description.training["validation"]["score"] == kept["score"]


def test_a_run_that_was_stopped_ends_with_the_same_weights(folder, tiny_checkpoint, tmp_path):
    whole = start(folder, tiny_checkpoint, tmp_path / "whole", settings())
    whole.run()
    stopped = start(folder, tiny_checkpoint, tmp_path / "stopped", settings())
    take = stopped.train_step

    def stop_at_five():
        if stopped.step == 5:
            raise KeyboardInterrupt
        return take()

    stopped.train_step = stop_at_five
    with pytest.raises(KeyboardInterrupt):
        stopped.run()
    again = start(folder, tiny_checkpoint, tmp_path / "stopped", settings())
    again.run()
    for one, other in zip(whole.parameters, again.parameters):
        assert torch.equal(one, other)
    steps = [json.loads(line)["step"] for line in (tmp_path / "stopped" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps) and steps.count(5) == 1


def test_grad_cache_gives_the_gradient_of_one_pass(folder, tiny_checkpoint, tmp_path):
    gradients = []
    for cached in (False, True):
        wanted = settings(grad_cache=cached, batch_tokens=64)
        trainer = start(folder, tiny_checkpoint, tmp_path / str(cached), wanted)
        trainer.optimizer.step = lambda: None
        trainer.optimizer.zero_grad = lambda set_to_none: None
        trainer.train_step()
        gradients.append([value.grad.clone() for value in trainer.parameters if value.grad is not None])
    for one, other in zip(*gradients):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_another_configuration_does_not_go_on_with_a_run(folder, tiny_checkpoint, tmp_path):
    start(folder, tiny_checkpoint, tmp_path, settings(steps=2)).run()
    with pytest.raises(ValueError, match="another configuration"):
        start(folder, tiny_checkpoint, tmp_path, settings(steps=3)).run()


def test_only_the_top_layers_learn_where_that_is_asked(folder, tiny_checkpoint, tmp_path):
    wanted = replace(settings(steps=2), base=config.Base(trainable_layers=1))
    trainer = start(folder, tiny_checkpoint, tmp_path, wanted)
    layers = trainer.encoder.network.encoder.layer
    before = [layer.output.dense.weight.clone() for layer in layers]
    trainer.run()
    changed = [not torch.equal(was, layer.output.dense.weight) for was, layer in zip(before, layers)]
    assert changed == [False, True]


@pytest.mark.parametrize(
    ("replacement", "message"),
    [
        ("pairs.alfa=1", "unknown key alfa"),
        ("pairs.size=\"many\"", "should be int"),
        ("pairs.alpha=2", "probability"),
        ("pairs.cross=some", "exact, mixed"),
        ("alpha", "section.key=value"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(tmp_path, replacement, message):
    path = tmp_path / "config.toml"
    path.write_text("[pairs]\nsize = 8\n")
    assert config.read(path).pairs.size == 8
    with pytest.raises(ValueError, match=message):
        config.read(path, [replacement])


def test_a_run_goes_on_from_other_weights_and_is_held_to_the_base(folder, tiny_checkpoint, tmp_path):
    first = start(folder, tiny_checkpoint, tmp_path / "first", settings(steps=3))
    first.run()
    base = encoder.load(str(tiny_checkpoint))
    begun = encoder.load(tmp_path / "first" / "last")
    prepared = corpus.load(folder, base)
    trainer = Trainer(base, prepared, settings(steps=1), tmp_path / "further", start=begun)
    unmoved = encoder.load(str(tiny_checkpoint))
    for teacher, student, old, new in zip(
        trainer.teacher.parameters(), trainer.encoder.parameters(), unmoved.parameters(), begun.parameters()
    ):
        assert torch.equal(teacher, old) and torch.equal(student, new)
    trainer.run()
    assert encoder.load(tmp_path / "further" / "last").description.training["start"]["step"] == 3
