"""Letters that a vocabulary lacks are spelled in Latin ones."""

import sys
from dataclasses import replace

import pytest
from conftest import keep, request
from tokenizers import Tokenizer

from mlsearch_models import assemble, encoder, parity, restore, romanize, tokenizer

UNKNOWN = ["བོད་སྐད་", "རྫོང་ཁ", "ދިވެހި", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ߒߞߏ", "ᱥᱟᱱᱛᱟᱲᱤ", "ᐃᓄᒃᑎᑐᑦ"]  # names of languages, in their own letters


@pytest.fixture(scope="module")
def extended(tiny_weights):
    return romanize.extend(tiny_weights.vocabulary)


def tokens(vocabulary, text: str) -> list[str]:
    return Tokenizer.from_str(vocabulary.tokenizer_json).encode(text, add_special_tokens=False).tokens


@pytest.mark.parametrize("name", UNKNOWN)
def test_letters_without_a_piece_are_spelled_in_latin(tiny_weights, extended, name):
    loaded = Tokenizer.from_str(extended.tokenizer_json)
    known = Tokenizer.from_str(tiny_weights.vocabulary.tokenizer_json)
    unknown = known.token_to_id(tokenizer.UNK)
    assert unknown in known.encode(name).ids
    assert unknown not in loaded.encode(name).ids


def test_different_words_become_different_tokens(extended):
    loaded = Tokenizer.from_str(extended.tokenizer_json)
    assert len({tuple(loaded.encode(name).ids) for name in UNKNOWN}) == len(UNKNOWN)


def test_spelling_follows_the_letters(extended):
    assert "".join(tokens(extended, "བོད་སྐད་")) == "▁bod▁skd"  # a syllable's own vowel is not written
    assert "".join(tokens(extended, "ދިވެހި")) == "▁dhivehi"
    assert "".join(tokens(extended, "ⵜⴰⵎⴰⵣⵉⵖⵜ")) == "▁tamazight"
    assert [romanize.spelling(digit) for digit in "༡߂᱃"] == ["1", "2", "3"]


def test_what_the_vocabulary_has_stays_as_it_was(tiny_weights, extended):
    for text in ("a bad cab", "hedge  fade bead", "ａ   b "):
        assert tokens(extended, text) == tokens(tiny_weights.vocabulary, text)


def test_a_letter_with_an_addition_becomes_the_plain_one(extended):
    assert tokens(extended, "ƙɓḽ") == tokens(extended, "kbl")


def test_a_vocabulary_of_words_is_extended_too():
    words = [tokenizer.BERT_PAD, tokenizer.BERT_UNK, tokenizer.BERT_CLS, tokenizer.BERT_SEP, "bod", "a", "##b"]
    plain = tokenizer.word_piece(words, {})
    assert tokens(plain, "བོད") == [tokenizer.BERT_UNK]
    assert tokens(romanize.extend(plain), "བོད ab") == ["bod", "a", "##b"]


def test_a_checkpoint_remembers_it_and_its_export_takes_part(tiny_checkpoint, tmp_path, monkeypatch):
    model = encoder.load(tiny_checkpoint)
    model = encoder.Encoder(model.weights, replace(model.description, romanize=True))
    model.save(tmp_path / "saved")
    again = encoder.load(tmp_path / "saved")
    assert again.token_ids(UNKNOWN, "query") == model.token_ids(UNKNOWN, "query")
    assert again.token_ids(UNKNOWN, "query") != encoder.load(tiny_checkpoint).token_ids(UNKNOWN, "query")

    texts = [parity.ParityText("und", "Zyyy", "query", name) for name in UNKNOWN]
    asked = replace(request("romanized"), texts=[*request("romanized").texts, *texts])
    assemble.write(again, asked, tmp_path / "romanized", lambda *_: None)
    keep(tmp_path / "romanized")
    exported = Tokenizer.from_file(str(tmp_path / "romanized" / tokenizer.TOKENIZER))
    prompt = model.description.prompts["query"]
    assert [exported.encode(prompt + name).ids for name in UNKNOWN] == model.token_ids(UNKNOWN, "query")

    arguments = ["restore", str(tmp_path / "romanized"), "--base", str(tiny_checkpoint), "--out", str(tmp_path / "again")]
    monkeypatch.setattr(sys, "argv", arguments)
    assert restore.main() == 0
    assert encoder.load(tmp_path / "again").description.romanize
