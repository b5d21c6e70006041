"""Retrieval of translations against explicit loops over one long list."""

import io
import tarfile

import numpy as np
import pytest

from mlsearch_models.evaluate import archives, bitext, levels, ntrex

TAGS = ["deu", "eng-GB", "eng-US", "fra", "fra-CA", "yor"]
LINES = 7


@pytest.fixture
def dataset() -> ntrex.Dataset:
    return ntrex.Dataset({tag: [f"{tag} {line}" for line in range(LINES)] for tag in TAGS})


@pytest.fixture
def vectors() -> dict[str, np.ndarray]:
    """A shared meaning, a language's own offset, and noise."""
    random = np.random.default_rng(11)
    meaning = random.normal(size=(LINES, 5))
    return {
        tag: (meaning + 1.5 * random.normal(size=5) + 0.8 * random.normal(size=(LINES, 5))).astype(np.float32)
        for tag in TAGS
    }


def first_place(query: np.ndarray, pool: list[tuple[str, int, np.ndarray]]) -> tuple[str, int]:
    tag, line, _ = max(pool, key=lambda entry: float(query @ entry[2]))
    return tag, line


def hits_by_hand(vectors: dict[str, np.ndarray], queries: dict[str, np.ndarray], tags: list[str]):
    """Share of hits and of the query's own tag in the first place, each tag's mean."""
    hits, owns = {}, {}
    for tag in tags:
        places = []
        for line in range(LINES):
            pool = [(t, at, vectors[t][at]) for t in tags for at in range(LINES) if (t, at) != (tag, line)]
            places.append(first_place(queries[tag][line], pool))
        hits[tag] = np.mean([found == line for line, (_, found) in enumerate(places)])
        owns[tag] = np.mean([found == tag for found, _ in places])
    return hits, owns


@pytest.mark.parametrize("kind", ["none", "documents", "both"])
def test_pools_are_those_of_one_long_list(dataset, vectors, kind):
    found = bitext.score(dataset, vectors)[kind]
    centered = {tag: values - values.mean(0) for tag, values in vectors.items()}
    documents = vectors if kind == "none" else centered
    queries = centered if kind == "both" else vectors
    hits, owns = hits_by_hand(documents, queries, TAGS)
    assert found["pool"].by_cell() == pytest.approx(hits)
    assert found["pool_own"].by_cell() == pytest.approx(owns)
    single = ["deu", "eng-US", "fra", "yor"]
    hits, owns = hits_by_hand(documents, queries, single)
    assert found["pool_without_variants"].by_cell() == pytest.approx(hits)
    assert found["pool_own_without_variants"].by_cell() == pytest.approx(owns)
    for tag in ("deu", "fra", "fra-CA", "yor"):
        into = [(queries[tag][line] @ documents["eng-US"].T).argmax() == line for line in range(LINES)]
        back = [(queries["eng-US"][line] @ documents[tag].T).argmax() == line for line in range(LINES)]
        assert found["into_english"].by_cell()[tag] == pytest.approx(np.mean(into))
        assert found["from_english"].by_cell()[tag] == pytest.approx(np.mean(back))


def test_other_english_takes_no_part_in_recall_with_english(dataset, vectors):
    found = bitext.score(dataset, vectors)["none"]
    for name in ("from_english", "into_english"):
        assert set(found[name].by_cell()) == {"deu", "fra", "fra-CA", "yor"}


def test_copies_in_another_variant_fill_the_pool_but_not_the_one_without(dataset, vectors):
    vectors["fra-CA"] = vectors["fra"].copy()
    vectors = {tag: values / np.linalg.norm(values, axis=1, keepdims=True) for tag, values in vectors.items()}
    found = bitext.score(dataset, vectors)["none"]
    assert found["pool"].by_cell()["fra"] == 1
    assert found["pool_without_variants"].by_cell()["fra"] < 1


def test_parallel_lines_stay_together_when_drawn_again(dataset, vectors):
    pool = bitext.score(dataset, vectors)["none"]["pool"]
    assert list(pool.groups) == list(range(LINES)) * len(TAGS)


def test_one_tag_stands_for_a_language(dataset):
    assert dataset.representatives() == {"deu", "eng-US", "fra", "yor"}
    srp = ntrex.Dataset({"srp-Cyrl": [], "srp-Latn": [], "snd-Arab": []})
    assert srp.representatives() == {"srp-Cyrl", "snd-Arab"}


def test_a_sample_takes_the_first_lines_of_every_tag(dataset):
    assert dataset.first(2).lines["yor"] == ["yor 0", "yor 1"]
    assert dataset.first(None).lines == dataset.lines


def test_levels_share_out_all_tags():
    assert (levels.level("fra-CA"), levels.level("kat"), levels.level("yor")) == ("high", "mid", "low")
    assert not set(levels.HIGH) & set(levels.MID)
    assert levels.members(TAGS) == {"high": {"deu", "eng-GB", "eng-US", "fra", "fra-CA"}, "mid": set(), "low": {"yor"}}


def pack(folder, files: dict[str, str]) -> None:
    (folder / "eval").mkdir()
    with tarfile.open(folder / ntrex.ARCHIVE, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def test_the_archive_is_read_without_the_source_and_second_translations(tmp_path):
    names = ["ref.eng-US", "ref.yor", "ref-2.spa", "src.eng"]
    # A line separator within a line is part of it.
    pack(tmp_path, {f"./NTREX-128/newstest2019-{name}.txt": f"{name} a\u2028b\r\n{name} c\r\n" for name in names})
    dataset = ntrex.read(tmp_path)
    assert dataset.lines == {tag: [f"ref.{tag} a\u2028b", f"ref.{tag} c"] for tag in ("eng-US", "yor")}


def test_lines_that_are_not_parallel_are_refused(tmp_path):
    pack(tmp_path, {"newstest2019-ref.eng-US.txt": "a\nb\n", "newstest2019-ref.yor.txt": "a\n"})
    with pytest.raises(ValueError, match="yor has 1 lines and eng-US has 2"):
        ntrex.read(tmp_path)


def test_missing_data_says_where_it_is_published(tmp_path):
    with pytest.raises(archives.Missing, match="MicrosoftTranslator/NTREX"):
        ntrex.read(tmp_path)
