"""Gathers real texts in many languages for the index benchmarks.

Reads the archives of the data folder (exams-qa, Tatoeba, the Bible corpus) and writes, into an
ignored folder:

- passages.jsonl: 200,000 exams-qa passages of about 200 characters in eleven languages, shuffled, then
  Tatoeba sentences and Bible verses in about 150 more, shuffled; each text once;
- questions.jsonl: 2,000 exam questions, none of which is a passage;
- heldout.jsonl: 2,000 passages that are left out of passages.jsonl.

`encode-corpus` turns each into vectors. The standard library is all it needs.
"""

import argparse
import io
import json
import pathlib
import random
import tarfile
import xml.etree.ElementTree as xml

PASSAGE_CHARACTERS = 200
PASSAGES = 200_000
HELD_OUT = 2_000


def blocks(text):
    """Cuts a text into passages at spaces; a last scrap is left out."""
    words, length = [], 0
    for word in text.split():
        words.append(word)
        length += len(word) + 1
        if length >= PASSAGE_CHARACTERS:
            yield " ".join(words)
            words, length = [], 0
    if length >= PASSAGE_CHARACTERS // 4:
        yield " ".join(words)


def members(archive, suffix):
    with tarfile.open(archive) as outer:
        for member in outer:
            if member.isfile() and member.name.endswith(suffix):
                yield member.name, outer.extractfile(member).read()


def exams(folder):
    """Passages and questions of exams-qa, by language."""
    passages, questions = {}, {}
    for name, packed in members(folder / "corpus/exams-qa.tar.gz", "_with_para.jsonl.tar.gz"):
        language = name.rsplit("/", 1)[1].split("_")[1]
        with tarfile.open(fileobj=io.BytesIO(packed)) as inner:
            for member in inner:
                if not member.isfile():
                    continue
                for line in inner.extractfile(member):
                    question = json.loads(line)["question"]
                    questions.setdefault(question["stem"].strip(), language)
                    for choice in question["choices"]:
                        for passage in blocks(choice["para"]):
                            passages.setdefault(passage, language)
    return passages, questions


def tatoeba(folder):
    sentences = {}
    for name, content in members(folder / "parallel/tatoeba.tar.gz", ""):
        language = name.rsplit(".", 1)[-1]
        if "/testsets/" not in name or not (language.isalpha() and len(language) == 3):
            continue
        for line in content.decode("utf-8", "replace").splitlines():
            if line.strip():
                sentences.setdefault(line.strip(), language)
    return sentences


def bible(folder):
    verses = {}
    for name, content in members(folder / "parallel/bible-nt.tar.gz", ".xml"):
        language = name.rsplit("/", 1)[1].split("-")[0].lower()
        for verse in xml.fromstring(content).iter("seg"):
            text = " ".join((verse.text or "").split())
            if text:
                verses.setdefault(text, language)
    return verses


def write(path, pairs):
    with open(path, "w", encoding="utf-8") as file:
        for text, language in pairs:
            file.write(json.dumps({"text": text, "language": language}, ensure_ascii=False) + "\n")
    print(f"{path}: {len(pairs):,} texts in {len({language for _, language in pairs})} languages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the data folder")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="an ignored folder")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    random_order = random.Random(1)
    passages, questions = exams(arguments.data)
    questions = [pair for pair in sorted(questions.items()) if pair[0] not in passages]
    passages = sorted(passages.items())
    random_order.shuffle(questions)
    random_order.shuffle(passages)
    known = {text for text, _ in passages}
    others = tatoeba(arguments.data)
    for text, language in bible(arguments.data).items():
        others.setdefault(text, language)
    others = sorted(pair for pair in others.items() if pair[0] not in known)
    random_order.shuffle(others)

    write(arguments.out / "questions.jsonl", questions[:HELD_OUT])
    write(arguments.out / "heldout.jsonl", passages[:HELD_OUT])
    write(arguments.out / "passages.jsonl", passages[HELD_OUT:][:PASSAGES] + others)


if __name__ == "__main__":
    main()
