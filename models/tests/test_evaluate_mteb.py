"""MTEB's task classes on tiny data of our own; skipped where the extra is not installed."""

import io
import json
import tarfile

import numpy as np
import pytest

pytest.importorskip("mteb")

import mteb  # noqa: E402

from mlsearch_models.evaluate import ntrex, vectors, xquad  # noqa: E402
from mlsearch_models.evaluate.archives import Missing  # noqa: E402
from mlsearch_models.evaluate.mteb_run import local, model  # noqa: E402


class Letters:
    """Counts of letters, with a role that can be seen in the vector."""

    name, fingerprint, description = "letters", "abc", {"max_tokens": 512}
    roles: set[str] = set()

    def encode(self, texts, role):
        self.roles.add(role)
        counts = np.array([[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], np.float32) + 1e-3
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture
def encoder(tmp_path) -> model.MtebEncoder:
    Letters.roles = set()
    return model.MtebEncoder(vectors.VectorStore(Letters(), tmp_path / "cache"))


def score(encoder: model.MtebEncoder, task) -> dict[str, float]:
    found = mteb.evaluate(encoder, task, cache=None, co2_tracker=False, show_progress_bar=False)
    (scores,) = found.task_results[0].scores.values()
    return {entry["hf_subset"]: entry["main_score"] for entry in scores}


def pack(folder, archive: str, files: dict[str, str]) -> None:
    (folder / archive).parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / archive, "w:gz") as opened:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            opened.addfile(member, io.BytesIO(text.encode()))


def test_questions_are_searched_among_the_paragraphs_of_their_language(tmp_path, encoder):
    def paragraph(text: str, question: str, name: str) -> dict:
        asked = [{"id": name, "question": question, "answers": [{"answer_start": 0, "text": text[:3]}]}]
        return {"context": text, "sentence_breaks": [[0, len(text)]], "qas": asked}

    english = [paragraph("zebra fizz", "zebra fizz", "one"), paragraph("mellow", "mellow", "two")]
    english.append(paragraph("mellow", "wool mel", "three"))
    german = [paragraph("quark", "quark", "one"), paragraph("nebel", "xy", "two")]
    files = {
        f"xquad-r/{tag}.json": json.dumps({"data": [{"paragraphs": parts}]})
        for tag, parts in (("en", english), ("de", german))
    }
    pack(tmp_path, xquad.ARCHIVE, files)
    task = local.xquad_retrieval(local.Sources(tmp_path))
    split = task.dataset["en"]["validation"]
    assert len(split["corpus"]) == 2 and split["relevant_docs"]["three"] == split["relevant_docs"]["two"]
    assert score(encoder, task)["en"] == pytest.approx(1)
    assert Letters.roles == {"query", "passage"}


def test_lines_of_ntrex_are_paired_by_their_number(tmp_path, encoder):
    lines = {"eng-US": "abc\nfgh\nxyz\n", "yor": "cab\nhfg\nzzx\n", "zho-TW": "fgh\nabc\nxyz\n", "zho-CN": "a\na\na\n"}
    pack(tmp_path, ntrex.ARCHIVE, {f"{ntrex.PREFIX}{tag}.txt": text for tag, text in lines.items()})
    pairs = ("eng_Latn-yor_Latn", "zho_Hant-eng_Latn")
    found = score(encoder, local.ntrex_mining(local.Sources(tmp_path, ntrex_pairs=pairs)))
    assert found == pytest.approx({"eng_Latn-yor_Latn": 1, "zho_Hant-eng_Latn": 1 / 3})
    assert Letters.roles == {"query"}
    with pytest.raises(ValueError, match="no pair eng-yor"):
        local.ntrex_mining(local.Sources(tmp_path, ntrex_pairs=("eng-yor",)))


def test_only_held_out_rows_of_tatoeba_are_read(tmp_path, encoder):
    def row(source: str, split: str, **texts: str) -> str:
        return json.dumps({"source": source, "split": split, "group": "g", "texts": texts})

    rows = [
        row("tatoeba", "dev", en="abc", de="cab", tlh="q"),
        row("tatoeba", "dev", en="xyz", de="zyx"),
        row("tatoeba", "dev", de="ohne", fr="sans"),
        row("tatoeba", "train", en="never", de="nie"),
        row("other", "dev", en="never", de="nie"),
        row("tatoeba", "dev", en="one", fr="un"),
    ]
    path = tmp_path / "parallel.jsonl"
    path.write_text("\n".join(rows) + "\n")
    assert local.held_out(path) == {"deu": [("cab", "abc"), ("zyx", "xyz")], "fra": [("un", "one")]}
    assert score(encoder, local.tatoeba_mining(local.Sources(tmp_path, path, least=2))) == {"deu-eng": 1}
    with pytest.raises(Missing, match="20 held-out sentences"):
        local.tatoeba_mining(local.Sources(tmp_path, path))


def test_without_prepared_rows_tatoeba_is_skipped_with_a_reason(tmp_path):
    for path in (None, tmp_path / "none.jsonl"):
        with pytest.raises(Missing, match="mlsearch_models.prepare writes one"):
            local.tatoeba_mining(local.Sources(tmp_path, path))


def test_every_code_of_tatoeba_is_one_of_mteb():
    known = set(mteb.get_task("Tatoeba").hf_subsets)
    assert {f"{code}-eng" for code in local.TATOEBA.values()} <= known
