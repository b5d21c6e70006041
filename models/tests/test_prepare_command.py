import json
import sys

import pytest
from prepare_sources import squad, tar

from mlsearch_models.prepare import __main__ as command
from mlsearch_models.prepare import articles, clean, debian_fetch, splits
from mlsearch_models.prepare.overlap import Overlap
from mlsearch_models.prepare.pipeline import Prepared
from mlsearch_models.prepare.records import Pair, Parallel, Passage
from mlsearch_models.prepare.report import Report

KNOWN = "Seven grey herons waited beside the frozen mill pond until the miller broke the ice."


def prepared(known=()):
    return Prepared(Overlap(known), Report({}), [])


def group(number, texts, **more):
    return Parallel("set", None, f"set:{number}", texts, f"set:{number}", **more)


def bird(number):
    return f"Heron number {number} has a nest of its own in the alder"


def test_splits_depend_on_the_key_alone():
    keys = [f"set:{number}" for number in range(5000)]
    first = [Passage("set", None, "en", key, "text", key) for key in keys]
    second = [Passage("set", None, "en", key, "text", key) for key in reversed(keys)]
    splits.assign("set", first)
    splits.assign("set", second)
    assert {record.group: record.split for record in first} == {record.group: record.split for record in second}
    development = sum(record.split == "dev" for record in first)
    assert 60 < development < 140, "about two in a hundred"
    assert splits.place("set:1") == pytest.approx(0.48127, abs=1e-4), "the places never change"


def test_a_sources_own_split_stays_and_a_key_is_never_in_both():
    records = [Passage("set", "train", "en", f"a{n}", "text", f"k{n}") for n in range(200)]
    splits.assign("set", records)
    assert {record.split for record in records} == {"train"}
    records = [Passage("set", None, "en", f"a{n}", "text", f"k{n % 300}") for n in range(3000)]
    splits.assign("set", records)
    by_key = {}
    for record in records:
        by_key.setdefault(record.split_key, set()).add(record.split)
    assert all(len(found) == 1 for found in by_key.values())


def test_the_development_set_has_a_limit(monkeypatch):
    monkeypatch.setattr(splits, "MAX_DEV", 10)
    records = [Passage("set", None, "en", str(n), "text", str(n)) for n in range(5000)]
    splits.assign("set", records)
    assert 2 <= sum(record.split == "dev" for record in records) <= 22


def test_a_text_of_dev_is_in_no_training_record(tmp_path):
    step = prepared()
    step.add("one", [Pair("one", "dev", "en", "one:1", "Where does it nest?", bird(1) + ".", None, "x")])
    step.add("two", [Pair("two", "train", "en", "two:1", "Which bird is that?", bird(1) + ".", None, "y")])
    step.add("three", [group(1, {"en": bird(1) + ".", "de": "Reiher eins nistet.", "fr": "Le héron un niche."})])
    step.records[-1].split = "train"
    step.write(tmp_path)
    pairs = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [pair["source"] for pair in pairs] == ["one"]
    [line] = (tmp_path / "parallel.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["texts"].keys() == {"de", "fr"}
    assert step.report.removed == {("two pairs", "text is in dev"): 1}


def test_records_that_repeat_an_evaluation_text_go_and_are_reported():
    step = prepared([KNOWN])
    question = "When did the herons leave the pond?"
    step.add(
        "set",
        [
            Pair("set", "train", "en", "1", question, f"It was winter. {KNOWN} Then they left.", None, "1"),
            Pair("set", "train", "en", "2", question, "In winter the herons had left the pond for good.", None, "2"),
            group(1, {"en": KNOWN.upper(), "de": "Sieben graue Reiher warteten am Teich."}),
        ],
    )
    assert [record.group for record in step.records] == ["2"]
    assert step.report.removed == {
        ("set pairs", "evaluation text, near"): 1,
        ("set parallel", "evaluation text, exact"): 1,
    }


def test_repeats_go_and_variants_stay():
    step = prepared()
    english = bird(1)
    step.add(
        "set",
        [
            group(1, {"en": english, "de": "Reiher Nummer eins nistet"}),
            group(2, {"en": english, "de": "Reiher Nummer eins nistet in der Erle"}),
            group(3, {"en": english, "de": "Der erste Reiher hat ein Nest"}, variant=True),
        ],
    )
    assert [record.group for record in step.records] == ["set:1", "set:3"]


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  a\u00a0 heron\n\tsings ", "a heron sings"),
        ("Le he\u0301ron", "Le héron"),
        ("a <b>grey</b> heron &amp; a mill", "a grey heron & a mill"),
        ("a [[Mill|mill]] by the river", "a mill by the river"),
        ("he\u00adron\u200b", "heron"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
    ],
)
def test_cleaning(raw, cleaned):
    assert clean.text(raw) == cleaned


def test_useless_texts_of_a_group_go_and_the_rest_stays():
    record = group(
        1,
        {
            "en": "The heron sleeps on the roof.",
            "de": "The heron sleeps on the roof.",
            "fr": "Le héron dort sur le toit.",
            "ja": "鷺が屋根で眠る。",
            "es": "12.30 / 14-7",
            "it": "L'airone dorme sul tetto " * 12,
        },
    )
    assert clean.record(record) is None
    assert record.by_language.keys() == {"en", "fr", "ja"}


def test_the_title_of_an_article_is_what_its_text_opens_with_twice():
    assert articles.title("Lake Heron Lake Heron (in full: the lake of the herons) is deep.") == "Lake Heron"
    assert articles.title("ወፍ ወፍ እንስሳ ነው።") == "ወፍ"
    assert articles.title("The lake of the herons is deep.") is None


def run(monkeypatch, capsys, *arguments):
    """The command without the project's own texts, unless it is told where they are."""
    monkeypatch.setattr(sys, "argv", ["prepare", "--encyclopedia", "absent", *map(str, arguments)])
    status = command.main()
    return status, capsys.readouterr()


def test_the_command_goes_on_without_absent_sources(tmp_path, monkeypatch, capsys):
    story = "The mill stands by the river. A heron lives on its roof. Every spring it returns."
    question = ("Where does the heron live?", "on its roof")
    tar(tmp_path / "data/qa/piaf.tar.gz", {"piaf-v1.0.json": squad([("Mill", story, [question])])})
    status, printed = run(monkeypatch, capsys, "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert status == 0
    assert "qa/jaquad" in printed.err and "NOT kept out" in printed.err and "piaf" in printed.out
    document = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert "tatoeba" in document["absent"] and "piaf" not in document["absent"]
    [line] = (tmp_path / "out/pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line).keys() == {"source", "split", "language", "group", "question", "passage", "sentence"}
    assert (tmp_path / "out/parallel.jsonl").read_text() == ""


def test_the_projects_own_texts_are_a_source(tmp_path, monkeypatch, capsys):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/mill.txt").write_text(f"## mill\nen\nWho broke the ice? || {KNOWN}\n", encoding="utf-8")
    folders = ("--data", tmp_path / "data", "--out", tmp_path / "out", "--encyclopedia", tmp_path / "own")
    status, printed = run(monkeypatch, capsys, *folders)
    assert status == 0 and "absent, left out: encyclopedia" not in printed.err
    [line] = (tmp_path / "out/pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["sentence"] == KNOWN


def test_a_damaged_archive_ends_the_command_and_leaves_earlier_output(tmp_path, monkeypatch, capsys):
    (tmp_path / "data/qa").mkdir(parents=True)
    (tmp_path / "data/qa/piaf.tar.gz").write_bytes(b"not an archive")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/pairs.jsonl").write_text("earlier\n")
    status, printed = run(monkeypatch, capsys, "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert status == 1 and "piaf.tar.gz" in printed.err and "Traceback" not in printed.err
    assert (tmp_path / "out/pairs.jsonl").read_text() == "earlier\n"


def test_amqas_test_articles_are_kept_out(tmp_path, monkeypatch, capsys):
    def context(title, rest):
        return f"{title} {title} {rest}"

    test = context("ወፍ", "በሐይቁ ዳር ባለው ዛፍ ላይ ጎጆ ሠርታ ትኖራለች።")
    same = context("ወፍ", "ክረምት ሲመጣ ወደ ደቡብ ትበራለች እንጂ እዚህ አትቆይም።")
    other = context("ወፍጮ", "በወንዙ ዳር ቆሞ እህል ይፈጫል፤ ባለቤቱም አዛውንት ናቸው።")
    files = {
        "train_data.json": squad(
            [(None, same, [("ወፏ ክረምት ሲመጣ ወዴት ትበራለች?", "ደቡብ")]), (None, other, [("ወፍጮው የት ነው የቆመው?", "በወንዙ")])]
        ),
        "dev_data.json": squad([]),
        "test_data.json": squad([(None, test, [("ወፏ የት ትኖራለች በሐይቁ ዳር?", "ዛፍ")])]),
    }
    tar(tmp_path / "data/qa/amqa.tar.gz", files)
    status, printed = run(monkeypatch, capsys, "--data", tmp_path / "data", "--out", tmp_path / "out")
    lines = (tmp_path / "out/pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert status == 0 and [json.loads(line)["passage"] for line in lines] == [other]
    assert "evaluation article" in printed.out


def test_fetching_without_apt_is_reported_and_the_step_goes_on(tmp_path, monkeypatch, capsys):
    def fail(folder):
        raise debian_fetch.FetchError("apt-get update failed: no network")

    monkeypatch.setattr(debian_fetch, "fetch", fail)
    (tmp_path / "data").mkdir()
    status, printed = run(monkeypatch, capsys, "--data", tmp_path / "data", "--out", tmp_path / "out", "--fetch-debian")
    assert status == 0 and "no network" in printed.err


def test_only_debians_own_sources_are_taken_from_the_system(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "deb http://mirror.example/debian stable main\ndeb http://other.example/x y z\n"
    )
    (tmp_path / "sources.list.d/a.sources").write_text(
        "Types: deb\nURIs: http://mirror.example/debian/\nSuites: stable\n\nTypes: deb\nURIs: http://other.example/x\n"
    )
    one_line, stanzas = debian_fetch.debian_sources(tmp_path)
    assert one_line == "deb http://mirror.example/debian stable main\n"
    assert "mirror.example" in stanzas and "other.example" not in stanzas
