"""LAReQA and mixed questions on a few sentences of our own, against explicit loops."""

import numpy as np
import pytest

from mlsearch_models.evaluate import centering, codeswitch, lareqa, xquad

SENTENCES = {
    "de": ["Der Ofen ist kalt.", "Im Garten steht eine Linde.", "Der Ofen ist kalt."],
    "en": ["The stove is cold.", "A lime tree stands in the garden.", "Nobody came."],
    "zh": ["炉子是冷的。", "花园里有一棵椴树。", "没有人来。"],
}
QUESTIONS = {
    "de": {"stove": ("Was ist kalt?", 0), "tree": ("Wo steht die Linde?", 1)},
    "en": {"stove": ("What is cold?", 0), "tree": ("Where does the tree stand?", 1), "odd": ("Who came?", 2)},
    "zh": {"stove": ("什么是冷的？", 0), "tree": ("椴树在哪里？", 1)},
}


def document(language: str) -> dict:
    text = " ".join(SENTENCES[language])
    starts = [sum(len(sentence) + 1 for sentence in SENTENCES[language][:at]) for at in range(3)]
    breaks = [[start, start + len(sentence)] for start, sentence in zip(starts, SENTENCES[language])]
    questions = [
        {"id": name, "question": question, "answers": [{"answer_start": starts[at] + 2, "text": ""}]}
        for name, (question, at) in QUESTIONS[language].items()
    ]
    paragraph = {"context": text, "sentence_breaks": breaks, "qas": questions}
    return {"data": [{"paragraphs": [paragraph]}]}


@pytest.fixture
def dataset() -> xquad.Dataset:
    return xquad.parse({language: document(language) for language in SENTENCES})


def random_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def vectors_of(dataset: xquad.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Candidates that read alike have equal vectors."""
    candidates = random_vectors(len(dataset.candidates), 1)
    for at, text in enumerate(dataset.candidates):
        candidates[at] = candidates[dataset.candidates.index(text)]
    return random_vectors(len(dataset.questions), 2), candidates


def order(query: np.ndarray, documents: np.ndarray, places: list[int]) -> list[int]:
    return sorted(places, key=lambda place: (-float(query @ documents[place]), place))


def by_hand(dataset: xquad.Dataset, queries: np.ndarray, documents: np.ndarray) -> dict[str, float]:
    """All figures by full sorts."""
    tags, found = dataset.languages, {}
    for row, name in enumerate(dataset.question_ids):
        own = dataset.question_languages[row]
        everything = order(queries[row], documents, list(range(len(documents))))
        ranks = sorted(everything.index(place) + 1 for place in dataset.gold[name].values())
        found.setdefault(("multi", own), []).append(np.mean([at / rank for at, rank in enumerate(ranks, 1)]))
        if len(ranks) > 1:
            found.setdefault(("rank_distance", own), []).append(ranks[-1] - ranks[0])
        share = np.mean([dataset.candidate_languages[place] == own for place in everything[: lareqa.TOP]])
        found.setdefault(("own_share", own), []).append(share)
        for language, place in dataset.gold[name].items():
            block = [at for at, tag in enumerate(dataset.candidate_languages) if tag == language]
            value = 1 / (order(queries[row], documents, block).index(place) + 1)
            kind = ("mono", own) if language == own else ("cross", f"{tags[own]}>{tags[language]}")
            found.setdefault(kind, []).append(value)
    cells = {}
    for (name, _), values in found.items():
        cells.setdefault(name, []).append(np.mean(values))
    return {name: float(np.mean(values)) for name, values in cells.items()}


def test_candidates_and_gold_sentences_are_those_of_the_file(dataset):
    assert dataset.languages == ["de", "en", "zh"]
    assert dataset.candidates == [*SENTENCES["de"], *SENTENCES["en"], *SENTENCES["zh"]]
    assert dataset.gold == {"stove": {0: 0, 1: 3, 2: 6}, "tree": {0: 1, 1: 4, 2: 7}, "odd": {1: 5}}
    assert list(dataset.groups()) == [0, 1, 0, 1, 2, 0, 1]


def test_an_answer_at_the_end_of_a_sentence_belongs_to_it():
    breaks = [[0, 5], [5, 9]]
    at = [xquad.gold_sentence({"answers": [{"answer_start": start}]}, breaks) for start in (0, 5, 6, 10)]
    assert at == [0, 0, 1, None]
    assert xquad.gold_sentence({"answers": []}, breaks) is None


@pytest.mark.parametrize("top", [1, 4, 10])
def test_figures_are_those_of_full_sorts(dataset, monkeypatch, top):
    monkeypatch.setattr(lareqa, "TOP", top)
    queries, candidates = vectors_of(dataset)
    own, languages = np.array(dataset.question_languages), np.array(dataset.candidate_languages)
    found = lareqa.score(dataset, lareqa.make_pool(dataset, candidates), queries)
    means = np.stack([candidates[languages == tag].mean(0) for tag in range(3)])
    query_means = np.stack([queries[own == tag].mean(0) for tag in range(3)])
    sides = {
        "none": (queries, candidates),
        "documents": (queries, candidates - means[languages]),
        "both": (queries - query_means[own], candidates - means[languages]),
    }
    assert set(found) == set(sides)
    for kind, (q, d) in sides.items():
        figures = {name: values.mean() for name, values in found[kind].items()}
        assert figures == pytest.approx(by_hand(dataset, q, d), rel=1e-5)


def test_centering_the_documents_changes_no_ranking_within_a_language(dataset):
    queries, candidates = vectors_of(dataset)
    found = lareqa.score(dataset, lareqa.make_pool(dataset, candidates), queries)
    for name in ("mono", "cross"):
        np.testing.assert_array_equal(found["none"][name].values, found["documents"][name].values)


def test_centering_takes_a_constant_offset_of_each_language_away(dataset):
    queries, candidates = vectors_of(dataset)
    pool = lareqa.make_pool(dataset, candidates)
    shifted = candidates + random_vectors(3, 9)[np.array(dataset.candidate_languages)]
    found = lareqa.make_pool(dataset, shifted)
    np.testing.assert_allclose(found.centered(), pool.centered(), atol=1e-5)


def test_a_language_without_texts_has_no_mean_to_take_off():
    means = centering.language_means(random_vectors(2, 3), np.array([0, 0]), 2)
    assert not means[1].any()


def test_a_sample_is_the_first_ids_with_the_whole_pool(dataset):
    sampled = dataset.first(1)
    assert sampled.question_ids == ["stove"] * 3
    assert sampled.candidates == dataset.candidates
    assert dataset.first(None) is dataset
    queries, candidates = vectors_of(dataset)
    rows = [row for row, name in enumerate(dataset.question_ids) if name == "stove"]
    found = lareqa.score(sampled, lareqa.make_pool(sampled, candidates), queries[rows])
    assert found["none"]["multi"].mean() == pytest.approx(by_hand(sampled, queries[rows], candidates)["multi"])


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Where does the tree stand?", "en", ("Where does the", "tree stand?")),
        ("Warum?", "de", ("Warum?", "")),
        ("椴树在哪里？", "zh", ("椴树在", "哪里？")),
        ("อยู่ที่", "th", ("อยู่", "ที่")),
    ],
)
def test_halves_are_of_words_or_of_characters_with_their_marks(text, language, expected):
    assert codeswitch.halves(text, language) == expected


def test_a_mixed_question_begins_in_one_language_and_ends_in_the_other(dataset):
    mixed = codeswitch.mix_all(dataset, "zh", "en")
    assert mixed == {"stove": "什么是 cold?", "tree": "椴树在 tree stand?"}
    assert codeswitch.mix_all(dataset, "en", "zh")["stove"] == "What is 冷的？"


def test_mixed_questions_are_scored_beside_those_of_their_languages(dataset):
    queries, candidates = vectors_of(dataset)
    pool = lareqa.make_pool(dataset, candidates)
    ids = {"zh+en": ["stove", "tree"]}
    rows = {"zh": [5, 6], "en": [2, 3]}
    mixed = {"zh+en": queries[rows["zh"]]}
    found = codeswitch.score(dataset, pool, queries, ids, mixed)["none"]
    whole = lareqa.score(dataset, pool, queries)["none"]["multi"].values
    np.testing.assert_allclose(found["multi"].values, whole[rows["zh"]], rtol=1e-6)
    unmixed = (whole[rows["zh"]] + whole[rows["en"]]) / 2
    np.testing.assert_allclose(found["multi_unmixed"].values, unmixed, rtol=1e-6)
    assert list(found["multi"].groups) == [0, 1]
