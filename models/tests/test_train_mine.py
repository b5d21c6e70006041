"""Hard negatives: near the question, but not answers."""

from types import SimpleNamespace

import numpy as np
import pytest

from mlsearch_models import encoder
from mlsearch_models.train import corpus, mine

from test_train_batches import write


@pytest.fixture(scope="module")
def mined(tiny_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    write(folder)
    model = encoder.load(str(tiny_checkpoint))
    prepared = corpus.load(folder, model)
    arguments = SimpleNamespace(count=3, below=0.9999, most=15, passage_tokens=40)
    return prepared, mine.mine(mine.through_torch(model, "float32"), prepared, arguments)


def test_negatives_are_other_answers_of_the_same_language(mined):
    prepared, negatives = mined
    pairs = prepared.pairs
    answers = np.where(pairs.sentence >= 0, pairs.sentence, pairs.passage)
    language = {int(text): int(of) for text, of in zip(answers, pairs.language)}
    found = 0
    for row in np.flatnonzero((negatives >= 0).any(1)):
        for text in negatives[row][negatives[row] >= 0]:
            found += 1
            assert text != answers[row] and language[int(text)] == pairs.language[row]
    assert found > 20


def test_held_out_pairs_are_not_mined(mined):
    prepared, negatives = mined
    held_out = np.array(prepared.pairs.split) == corpus.SPLITS.index("dev")
    assert held_out.any() and (negatives[held_out] == -1).all()
