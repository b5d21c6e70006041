"""MTEB's tasks with the project's copies of their data in place of a hub's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mteb
from datasets import Dataset
from mteb.abstasks.abstask import AbsTask

from .. import levels, ntrex, xquad
from ..archives import Missing

# Codes of MTEB's Tatoeba task by the tags of parallel.jsonl; several tags of one code are one language.
TATOEBA = dict(
    pair.split(":")
    for pair in """af:afr am:amh ar:ara az:aze be:bel ber:ber bg:bul bn:ben br:bre bs:bos ca:cat cbk:cbk
    ceb:ceb cs:ces cy:cym da:dan de:deu dtp:dtp el:ell eo:epo es:spa et:est eu:eus fa:pes fi:fin fo:fao
    fr:fra ga:gle gd:gla gl:glg gsw:gsw he:heb hi:hin hr:hrv hu:hun hy:hye ia:ina id:ind ie:ile io:ido
    is:isl it:ita ja:jpn jv:jav ka:kat kab:kab kk:kaz km:khm ko:kor kw:cor la:lat lfn:lfn lt:lit lv:lvs
    mk:mkd ml:mal mn:mon mr:mar ms:zsm nb:nob nds:nds nl:nld nn:nno oc:oci pam:pam pl:pol pms:pms pt:por
    ro:ron ru:rus sk:slk sl:slv sq:sqi sr-Cyrl:srp sr-Latn:srp sv:swe sw:swh ta:tam te:tel th:tha tk:tuk
    tl:tgl tr:tur tt:tat ug:uig uk:ukr ur:urd uz:uzb vi:vie war:war xh:xho yi:yid zh-Hans:cmn""".split()
)
PIVOT = "en"
# Of NTREX's languages with several scripts or regions: the tag for MTEB's code.
NTREX_TAGS = {"srp_Latn": "srp-Latn", "srp_Cyrl": "srp-Cyrl", "zho_Hans": "zho-CN", "zho_Hant": "zho-TW"}


@dataclass(frozen=True)
class Sources:
    """Where the data is, and how much of it is asked for."""

    data: Path
    parallel: Path | None = None  # a prepared parallel.jsonl
    ntrex_pairs: tuple[str, ...] = ()  # such as eng_Latn-yor_Latn
    least: int = 20  # sentences of a language of Tatoeba


def xquad_retrieval(sources: Sources) -> AbsTask:
    dataset = xquad.read(sources.data)
    task = mteb.get_task("XQuADRetrieval", hf_subsets=dataset.languages)
    (split,) = task.metadata.eval_splits
    task.dataset = {language: {split: retrieval(dataset, language)} for language in task.hf_subsets}
    return loaded(task)


def retrieval(dataset: xquad.Dataset, language: str) -> dict[str, object]:
    """Questions of a language with the paragraph of each; a paragraph that comes twice is one document."""
    corpus: dict[str, str] = {}
    queries, relevant = [], {}
    for paragraph in dataset.paragraphs:
        if paragraph.language == language:
            document = corpus.setdefault(paragraph.text, f"d{len(corpus)}")
            for name, text in paragraph.questions:
                queries.append({"id": name, "text": text})
                relevant[name] = {document: 1}
    documents = [{"id": name, "title": "", "text": text} for text, name in corpus.items()]
    return {
        "queries": Dataset.from_list(queries),
        "corpus": Dataset.from_list(documents),
        "relevant_docs": relevant,
        "top_ranked": None,
    }


def ntrex_mining(sources: Sources) -> AbsTask:
    dataset = ntrex.read(sources.data)
    known = mteb.get_task("NTREXBitextMining").hf_subsets
    unknown = [pair for pair in sources.ntrex_pairs if pair not in known]
    if unknown:
        raise ValueError(f"MTEB's NTREX task has no pair {', '.join(unknown)}; pairs look like eng_Latn-yor_Latn")
    task = mteb.get_task("NTREXBitextMining", hf_subsets=list(sources.ntrex_pairs))
    codes = dict.fromkeys(code for pair in sources.ntrex_pairs for code in pair.split("-"))
    columns = {code: dataset.lines[ntrex_tag(code, dataset)] for code in codes}
    (split,) = task.metadata.eval_splits
    task.dataset = {split: Dataset.from_dict(columns)}
    return loaded(task)


def ntrex_tag(code: str, dataset: ntrex.Dataset) -> str:
    if code in NTREX_TAGS:
        return NTREX_TAGS[code]
    language = code.partition("_")[0]
    return next(tag for tag in dataset.representatives() if levels.language(tag) == language)


def tatoeba_mining(sources: Sources) -> AbsTask:
    if sources.parallel is None or not sources.parallel.is_file():
        where = sources.parallel or "--parallel, a prepared parallel.jsonl,"
        raise Missing(f"{where} is not there; mlsearch_models.prepare writes one")
    pairs = {code: texts for code, texts in held_out(sources.parallel).items() if len(texts) >= sources.least}
    if not pairs:
        raise Missing(f"{sources.parallel} has no language with {sources.least} held-out sentences of Tatoeba")
    task = mteb.get_task("Tatoeba", hf_subsets=[f"{code}-eng" for code in pairs])
    (split,) = task.metadata.eval_splits
    task.dataset = {f"{code}-eng": {split: sentence_pairs(texts)} for code, texts in pairs.items()}
    return loaded(task)


def held_out(path: Path) -> dict[str, list[tuple[str, str]]]:
    """`(sentence, English)` of each language in the rows that training does not learn from."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["source"] != "tatoeba" or row["split"] != "dev" or PIVOT not in row["texts"]:
                continue
            for tag, text in row["texts"].items():
                if tag in TATOEBA:
                    pairs.setdefault(TATOEBA[tag], []).append((text, row["texts"][PIVOT]))
    return pairs


def sentence_pairs(texts: list[tuple[str, str]]) -> Dataset:
    return Dataset.from_dict({"sentence1": [first for first, _ in texts], "sentence2": [second for _, second in texts]})


def loaded(task: AbsTask) -> AbsTask:
    """Tells the task that it has its data."""
    task.data_loaded = True
    return task


LOCAL: dict[str, Callable[[Sources], AbsTask]] = {
    "XQuADRetrieval": xquad_retrieval,
    "NTREXBitextMining": ntrex_mining,
    "Tatoeba": tatoeba_mining,
}
