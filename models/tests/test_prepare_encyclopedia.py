"""The project's own texts."""

import pytest

from mlsearch_models.prepare import encyclopedia
from mlsearch_models.prepare.archives import AbsentError, DamagedError
from mlsearch_models.prepare.records import Pair, Parallel

MILL = """## mill

en
Where does the heron live? || A heron lives on the roof of the mill.
When does it return? || Every spring it returns.
de
Wo lebt der Reiher? || Ein Reiher lebt auf dem Dach der Mühle.
Wann kehrt er zurück? || Jedes Frühjahr kehrt er zurück.
"""


def read(folder, **files):
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content, encoding="utf-8")
    return list(encyclopedia.read(folder))


def test_a_question_comes_with_its_paragraph_and_its_sentence(tmp_path):
    pairs = [record for record in read(tmp_path, birds=MILL) if isinstance(record, Pair)]
    assert [pair.language for pair in pairs] == ["en", "en", "de", "de"]
    assert pairs[1].question == "When does it return?"
    assert pairs[1].passage == "A heron lives on the roof of the mill. Every spring it returns."
    assert pairs[1].sentence == "Every spring it returns."
    assert pairs[1].group == pairs[3].group != pairs[0].group
    assert {pair.split_key for pair in pairs} == {"encyclopedia:mill"}


def test_questions_and_sentences_are_translations(tmp_path):
    groups = [record for record in read(tmp_path, birds=MILL) if isinstance(record, Parallel)]
    assert len({group.group for group in groups}) == 4
    assert groups[0].by_language == {"en": "Where does the heron live?", "de": "Wo lebt der Reiher?"}
    assert groups[3].by_language == {"en": "Every spring it returns.", "de": "Jedes Frühjahr kehrt er zurück."}
    assert {group.split_key for group in groups} == {"encyclopedia:mill"}


def test_no_space_between_chinese_sentences(tmp_path):
    chinese = "## mill\nzh-Hans\n苍鹭住在哪里？ || 苍鹭住在磨坊的屋顶上。\n它何时归来？ || 每年春天它都会归来。\n"
    pairs = [record for record in read(tmp_path, birds=chinese) if isinstance(record, Pair)]
    assert pairs[0].passage == "苍鹭住在磨坊的屋顶上。每年春天它都会归来。"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (MILL + MILL, "mill is there twice"),
        (MILL.rsplit("Wann", 1)[0], "not the same lines"),
        (MILL + "fr\n", "not the same lines"),
        (MILL + "Only a sentence.\n", "line 9"),
        ("en\n", "line 1"),
        (MILL + "de\n", "line 9"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(tmp_path, content, message):
    with pytest.raises(DamagedError, match=message):
        read(tmp_path, birds=content)


def test_a_folder_without_texts_is_absent(tmp_path):
    with pytest.raises(AbsentError):
        read(tmp_path)


def test_the_texts_of_this_project_are_as_they_should_be():
    records = list(encyclopedia.read())
    assert len({record.split_key for record in records}) > 100
