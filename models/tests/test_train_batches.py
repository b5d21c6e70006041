"""What a batch may hold, on a small corpus in letters."""

import json

import numpy as np
import pytest

from mlsearch_models import encoder
from mlsearch_models.train import batches, config, corpus, trainer
from mlsearch_models.train.validation import pool_precision

LANGUAGES = ("aa", "bb", "cc", "dd")


def word(number: int, language: str) -> str:
    """A word of letters for a number, another in each language."""
    shift = LANGUAGES.index(language) * 5
    return "".join(chr(97 + (int(digit) + shift) % 26) for digit in f"{number:04d}")


def write(folder, groups: int = 60) -> None:
    """Native pairs in aa, parallel pairs and translations in all languages; every tenth group is held out."""
    with (folder / "pairs.jsonl").open("w") as pairs, (folder / "parallel.jsonl").open("w") as parallel:
        for group in range(groups):
            split = "dev" if group % 2 == 0 and group >= groups // 3 else "train"
            texts = {language: f"{word(group, language)} {word(group + 1000, language)}" for language in LANGUAGES}
            for language, text in texts.items():
                answer = f"{text} {word(group + 2000, language)}."
                row = {"source": "manual", "split": split, "language": language, "group": f"g{group}"}
                row |= {"question": text, "passage": f"{answer} abba baab abab baba.", "sentence": answer}
                pairs.write(json.dumps(row) + "\n")
            native = {"source": "native", "split": split, "language": "aa", "group": f"n{group}"}
            native |= {"question": f"who is {word(group, 'aa')}", "passage": word(group, "aa"), "sentence": None}
            pairs.write(json.dumps(native) + "\n")
            row = {"source": "phrases", "split": split, "group": f"p{group}", "texts": texts}
            parallel.write(json.dumps(row) + "\n")


@pytest.fixture(scope="module")
def prepared(tiny_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    write(folder)
    model = encoder.load(str(tiny_checkpoint))
    return corpus.load(folder, model), model, folder


def settings(**pairs) -> config.Config:
    defaults = {"size": 8, "mixed_languages": 3} | pairs
    return config.Config(pairs=config.Pairs(**defaults), parallel=config.Parallel(size=6, pivot="aa"))


def test_texts_are_framed_as_the_tokenizer_frames_them(prepared):
    data, model, _ = prepared
    whole = model.token_ids(["caab ecab"], "query")[0]
    number = next(n for n in range(len(data.texts)) if data.texts.ids(n, "query", 99)[-3:-1] == whole[-3:-1])
    before, after = data.texts.frames["query"]
    assert data.texts.ids(number, "query", 99)[: len(before)] == whole[: len(before)]
    cut = data.texts.ids(number, "query", len(before) + 2)
    assert len(cut) == len(before) + 2 and cut[-1:] == after


def test_alpha_is_the_share_of_monolingual_batches(prepared):
    data = prepared[0]
    for alpha, least, most in ((0.0, 0, 0), (0.5, 60, 140), (1.0, 200, 200)):
        draw = batches.Batches(data, settings(alpha=alpha))
        kinds = [draw.pairs(step).kind for step in range(200)]
        assert least <= kinds.count("monolingual") <= most


def test_a_monolingual_batch_has_one_language_and_training_pairs_only(prepared):
    data = prepared[0]
    draw, seen = batches.Batches(data, settings(alpha=1.0)), set()
    for step in range(100):
        rows = draw.mono.draw(np.random.default_rng(step), 8)
        assert set(data.pairs.split[rows]) == {batches.TRAIN}
        assert len(set(data.pairs.language[rows])) == 1 and len(set(rows)) == 8
        seen.add(int(data.pairs.language[rows[0]]))
    assert len(seen) == len(LANGUAGES)


def test_an_exact_cross_batch_has_one_pair_of_languages_and_a_mixed_one_several(prepared):
    data = prepared[0]
    for cross, pairs_of_languages in (("exact", 1), ("mixed", 2)):
        draw = batches.Batches(data, settings(alpha=0.0, cross=cross))
        for step in range(30):
            asked, answers = draw.cross.draw(np.random.default_rng(step), 8)
            assert (data.pairs.group[asked] == data.pairs.group[answers]).all()
            assert (data.pairs.language[asked] != data.pairs.language[answers]).all()
            pairs = set(zip(data.pairs.language[asked].tolist(), data.pairs.language[answers].tolist()))
            assert len(pairs) == 1 if pairs_of_languages == 1 else len(pairs) > 1


def test_translations_belong_to_one_group_and_differ_in_language(prepared):
    data = prepared[0]
    rows = {}
    for text, language, group in zip(data.parallel.text, data.parallel.language, data.parallel.group):
        rows[int(text)] = (int(language), int(group))
    pivot = data.languages.index("aa")
    draw = batches.Batches(data, settings())
    for step in range(50):
        batch = draw.parallel(step)
        assert len(set(batch.groups)) == len(batch.left)
        for left, right, anchor in zip(batch.left, batch.right, batch.pivot):
            assert rows[int(left)][1] == rows[int(right)][1]
            assert rows[int(left)][0] != rows[int(right)][0]
            assert rows[int(anchor)][0] == pivot


def test_a_batch_depends_on_seed_and_step_alone(prepared):
    data = prepared[0]
    first, second = batches.Batches(data, settings()), batches.Batches(data, settings())
    for step in (7, 3):
        np.testing.assert_array_equal(first.pairs(step).passages, second.pairs(step).passages)
    assert not np.array_equal(first.pairs(3).passages, first.pairs(7).passages)


def test_what_means_the_same_as_a_right_answer_is_not_a_wrong_one():
    batch = batches.PairBatch(
        "monolingual",
        questions=np.array([1, 2, 3]),
        keywords=np.zeros(3, bool),
        passages=np.array([10, 20, 11]),
        negatives=np.array([30, 20, 40]),
        candidates=np.array([7, 8, 7, 9, 8, 6]),
        answers=np.array([[7, 6], [8, -1], [7, 6]]),
    )
    allowed = trainer.allowed_candidates(batch)
    # Questions 0 and 2 share what their passages mean, and the passage that the last negative is; the second negative
    # is question 1's own passage.
    assert allowed.tolist() == [
        [True, True, False, True, True, False],
        [True, True, True, True, False, True],
        [False, True, True, True, True, False],
    ]


def test_answers_of_a_group_mean_the_same_and_so_do_passages_that_answer_several_questions(tiny_checkpoint, tmp_path):
    rows = [
        (language, group, f"{word(9, language)}.", f"{word(group, language)}. {word(group + 1000, language)}.")
        for group in (1, 2)
        for language in ("aa", "bb")
    ]
    with (tmp_path / "pairs.jsonl").open("w") as file:
        for language, group, passage, sentence in rows:
            row = {"source": "x", "split": "train", "language": language, "group": f"g{group}"}
            row |= {"question": word(group + 50, language), "passage": passage, "sentence": sentence}
            file.write(json.dumps(row) + "\n")
    data = corpus.load(tmp_path, encoder.load(str(tiny_checkpoint)))
    meaning = batches.meanings(data)
    passages, sentences = meaning[data.pairs.passage], meaning[data.pairs.sentence]
    assert len(set(passages)) == 1
    assert sentences[0] == sentences[1] != sentences[2] == sentences[3]
    assert set(passages).isdisjoint(sentences)


def test_wrong_answers_of_a_cross_batch_are_in_the_languages_of_the_question_and_of_the_answer(prepared):
    data = prepared[0]
    draw = batches.Batches(data, settings(alpha=0.0, negatives=9))
    rows = np.flatnonzero((data.pairs.sentence >= 0) & (data.pairs.split == batches.TRAIN))
    question, answer = rows[0], next(row for row in rows[1:] if data.pairs.language[row] != data.pairs.language[rows[0]])
    found = set(draw.wrong_answers(int(question), int(answer), True, np.random.default_rng(0)))
    for row in (question, answer):
        others = data.pairs.others[data.pairs.others_start[row] : data.pairs.others_start[row + 1]]
        assert len(others) and found.issuperset(others)


def test_an_order_by_chance_and_a_perfect_one_of_answers_in_any_language():
    group = np.array([0, 0, 1, 1])
    assert pool_precision(np.array([[2, 2, 1, 1], [2, 2, 1, 1], [1, 1, 2, 2], [1, 1, 2, 2]]), group) == 1
    # The right ones are second and fourth.
    worst = np.array([[3, 1, 4, 2], [3, 1, 4, 2], [4, 2, 3, 1], [4, 2, 3, 1]])
    assert pool_precision(worst, group) == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_a_question_that_asks_for_many_passages_is_dropped(tiny_checkpoint, tmp_path):
    row = {"source": "s", "split": "train", "language": "aa", "question": "opts", "passage": "abc", "sentence": None}
    lines = [json.dumps(row | {"group": f"g{n}", "passage": word(n, "aa")}) for n in range(5)]
    lines.append(json.dumps(row | {"group": "other", "question": "fair"}))
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines) + "\n")
    data = corpus.load(tmp_path, encoder.load(str(tiny_checkpoint)))
    assert len(data.pairs.question) == 1


def test_a_damaged_line_is_named(tiny_checkpoint, tmp_path):
    (tmp_path / "pairs.jsonl").write_text('{"source": "s"\n')
    with pytest.raises(ValueError, match="line 1"):
        corpus.load(tmp_path, encoder.load(str(tiny_checkpoint)))


def test_a_share_of_the_questions_is_a_few_words(prepared):
    data, model, _ = prepared
    wanted = settings(keywords=0.5)
    drawn = [batches.Batches(data, wanted).pairs(step) for step in range(20)]
    share = np.concatenate([batch.keywords for batch in drawn]).mean()
    assert 0.35 < share < 0.65
    assert not any(batch.keywords.any() for batch in [batches.Batches(data, settings()).pairs(0)])


def test_few_words_of_translations_are_asked_as_queries_only(prepared):
    data, _, _ = prepared
    wanted = config.Config(parallel=config.Parallel(size=6, pivot="aa", keywords=0.9))
    drawn = [batches.Batches(data, wanted).parallel(step) for step in range(40)]
    assert all(batch.role == "query" for batch in drawn if batch.keywords.any())
    assert any(batch.keywords.any() for batch in drawn)


def test_mined_negatives_are_in_the_language_of_the_question(prepared):
    data, _, _ = prepared
    pairs = data.pairs
    # Of every other row the passage of another one in its language.
    mined = np.full((len(pairs.question), 2), -1, np.int32)
    for language in np.unique(pairs.language):
        rows = np.flatnonzero(pairs.language == language)
        chosen = np.array(pairs.group)[rows] % 2 == 0
        mined[rows[chosen], 0] = np.array(pairs.passage)[np.roll(rows, 1)[chosen]]
    drawn = batches.Batches(data, settings(alpha=0.0, negatives=0, mined=1), mined)
    language = dict(zip(np.array(pairs.passage).tolist(), np.array(pairs.language).tolist()))
    asked = dict(zip(np.array(pairs.question).tolist(), np.array(pairs.language).tolist()))
    group = dict(zip(np.array(pairs.question).tolist(), np.array(pairs.group).tolist()))
    for step in range(5):
        batch = drawn.pairs(step)
        # Pairs of which nothing was mined are left out.
        assert batch.kind == "cross-lingual" and len(batch.negatives) == len(batch.questions)
        assert all(group[int(text)] % 2 == 0 for text in batch.questions)
        assert [language[int(text)] for text in batch.negatives] == [asked[int(text)] for text in batch.questions]
