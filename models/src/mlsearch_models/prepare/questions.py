"""Question-passage pairs of the data sets in the form of SQuAD."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from . import clean, sentences, tags
from .archives import DamagedError, damage, lines, members, zip_members
from .records import Pair


@dataclass(frozen=True)
class Form:
    """Where the questions of one data set lie. `files`: (part of a path, the source's own split or None).

    unique_ids: whether no two questions have the same id, over all files.
    """

    source: str
    language: str
    files: tuple[tuple[str, str | None], ...]
    licence: str
    unique_ids: bool = True


# NorQuAD's own validation set shares its passages with the rest, so its split is by passage instead.
FORMS = (
    Form("jaquad", "ja", (("data/train/", "train"), ("data/dev/", "dev")), "CC BY-SA 3.0"),
    Form("drcd", "zh-Hant", (("DRCD_dev.json", None), ("DRCD_test.json", None)), "CC BY-SA 3.0"),
    Form("cmrc2018", "zh-Hans", (("cmrc2018_dev.json", None), ("cmrc2018_trial.json", None)), "CC BY-SA 4.0"),
    Form("piaf", "fr", (("piaf-v1.0.json", None),), "MIT"),
    Form("norquad", "no", (("data/annotation/", None),), "CC0", unique_ids=False),
    Form("amqa", "amh", (("train_data.json", "train"), ("dev_data.json", "dev")), "MIT"),
    Form("jsquad", "ja", (("valid-v1.3.json", None),), "CC BY-SA 4.0"),
)
IAPP = "iapp-wiki-qa"
IAPP_SPLITS = {"train": "train", "valid": "dev", "test": "dev"}
SEPARATOR = " [SEP] "


def read(data: Path, form: Form) -> Iterator[Pair]:
    """Pairs of one SQuAD file family. Raises AbsentError or DamagedError."""
    found = False
    for name, content in members(data, f"qa/{form.source}"):
        places = [split for end, split in form.files if name.endswith(".json") and end in name]
        if places:
            found = True
            with damage(f"qa/{form.source}: {name}"):
                for article in json.loads(content)["data"]:
                    yield from article_pairs(article, form, places[0])
    if not found:
        wanted = ", ".join(end for end, _ in form.files)
        raise DamagedError(f"qa/{form.source} holds none of {wanted}; copy or download it again")


def article_pairs(article: dict, form: Form, split: str | None) -> Iterator[Pair]:
    paragraphs = article["paragraphs"]
    for paragraph in [paragraphs] if isinstance(paragraphs, dict) else paragraphs:
        context = paragraph["context"]
        key = article.get("title") or context
        for question in paragraph["qas"]:
            answers = question.get("answers") or question.get("answer") or []
            if not answers or question.get("is_impossible"):
                continue
            found = locate(context, answers[0]["answer_start"], answers[0]["text"])
            identity = str(question["id"])
            if not form.unique_ids:
                identity += "-" + blake2b(clean.text(question["question"]).encode(), digest_size=4).hexdigest()
            yield pair(form.source, form.language, split, identity, question["question"], found, key)


def locate(context: str, start: int, answer: str) -> tuple[str, str | None]:
    """(window of whole sentences around the answer, the sentence that holds it or None)."""
    if SEPARATOR in context[:100]:
        skipped = context.index(SEPARATOR) + len(SEPARATOR)
        context, start = context[skipped:], max(0, start - skipped)
    if context[start : start + len(answer)] != answer:
        start = context.find(answer)
    if start < 0:
        return sentences.opening(context), None
    sentence, window = sentences.around(context, start)
    return window, sentence


def pair(source, language, split, identity, question, found, key) -> Pair:
    window, sentence = found
    return Pair(
        source, split, tags.tag(language, window), f"{source}:{identity}", question, window, sentence, f"{source}:{key}"
    )


def read_iapp(data: Path) -> Iterator[Pair]:
    """Pairs of the Thai set: JSON lines in a zip. Its validation and test parts are dev."""
    found = False
    for name, content in members(data, f"qa/{IAPP}"):
        if name.endswith("data.zip"):
            found = True
            with damage(f"qa/{IAPP}: {name}"):
                for inner, part in zip_members(content):
                    split = IAPP_SPLITS.get(Path(inner).stem)
                    if split:
                        for line in lines(part):
                            yield iapp_pair(json.loads(line), split)
    if not found:
        raise DamagedError(f"qa/{IAPP} holds no data.zip; copy or download it again")


def iapp_pair(entry: dict, split: str) -> Pair:
    answers = entry["answers"]
    found = locate(entry["context"], answers["answer_start"][0], answers["text"][0])
    return pair(IAPP, "tha", split, entry["question_id"], entry["question"], found, entry["title"])
