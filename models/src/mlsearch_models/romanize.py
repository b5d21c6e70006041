"""Letters that a vocabulary lacks, spelled in Latin ones by their names in Unicode.

XLM-R's pieces hold no letter of Tibetan, Thaana, Tifinagh, N'Ko and some twenty other scripts: every word of Dzongkha or
Dhivehi becomes the unknown token, and texts differ by their digits alone. `extend` adds a step to the tokenizer's
normaliser that spells such letters in Latin, "TIBETAN LETTER KHA" as kh. The spelling follows the letters, not the
sound, and nobody need read it: what counts is that different words become different pieces, which training can learn.
It is a table in tokenizer.json, so every program that reads that file takes part.
"""

from __future__ import annotations

import base64
import functools
import io
import json
import re
import sys
import tempfile
import unicodedata
from dataclasses import replace
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from . import tokenizer
from .weights import Vocabulary

SCRIPTS = (
    "ADLAM BALINESE BATAK BUGINESE CANADIAN CHAKMA CHAM CHEROKEE COPTIC HANIFI JAVANESE LEPCHA LIMBU LISU MEETEI MIAO "
    "MONGOLIAN NKO OL OSAGE SAURASHTRA SUNDANESE SYRIAC TAI TIBETAN TIFINAGH THAANA VAI WANCHO WARANG YI"
).split()  # first words of the names of the letters of living languages that the vocabulary has hardly a piece for
WHOLE_SYLLABLES = ("CANADIAN", "CHEROKEE", "ETHIOPIC", "VAI", "YI")
ALPHABETS = ("ARABIC", "CYRILLIC", "ETHIOPIC", "GEORGIAN", "GREEK", "LATIN")  # known, but for some letters
NAME = re.compile(r".+? (?:LETTER|SYLLABLE|SYLLABICS|VOWEL SIGN|CONSONANT SIGN|SIGN) (?P<letter>.+?)(?: LONSUM)?")
LATIN = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER (?:[A-Z]+ )?(?P<letter>[A-Z])")
THAANA_VOWEL = re.compile(r"THAANA (?P<vowel>[AEIOUY]+)B[A-Z]+FILI")
SPELLED_OUT = {"་": " ", "༌": " ", "།": ".", "༎": ".", "༄": "", "༅": "", "ཾ": "m", "ྃ": "m", "ཿ": "h", "އ": "", "ⵯ": "w"}
VOWELS = re.compile(r"[AEIOU]+")
CONSONANTS = re.compile(r"[^AEIOU]+")
SURROGATES = range(0xD800, 0xE000)


def extend(vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary with a tokenizer that spells letters without a piece in Latin; the pieces stay as they are."""
    document = json.loads(vocabulary.tokenizer_json)
    steps = [{"type": "Precompiled", "precompiled_charsmap": compiled(rules)} for rules in tables(vocabulary)]
    present = document.get("normalizer")
    if steps and present:
        inner = present["normalizers"] if present["type"] == "Sequence" else [present]
        # Behind the character map, before runs of spaces become one.
        at = 1 + max((place for place, step in enumerate(inner) if step["type"] == "Precompiled"), default=-1)
        steps = [*inner[:at], *steps, *inner[at:]]
    if not steps:
        return vocabulary
    document["normalizer"] = {"type": "Sequence", "normalizers": steps}
    return replace(vocabulary, tokenizer_json=tokenizer.compact(document))


def tables(vocabulary: Vocabulary) -> list[dict[str, str]]:
    """Rules by character, to be applied one table after the other.

    The normaliser takes a letter and the marks on it together while they are shorter than six bytes, and then replaces
    the whole by what it finds for its beginning. So letters of two bytes come with each of their marks first.
    """
    unknown = lacking(vocabulary)
    rules = {}
    for character in characters():
        spelled = None
        if script(character) in SCRIPTS or character in SPELLED_OUT:
            spelled = spelling(character)  # known ones, too: a word is spelled in one script
        elif character in unknown:
            spelled = spelling(character) if script(character) == "ETHIOPIC" else relative(character, unknown)
        if spelled is not None and spelled != character:
            rules[character] = spelled
    short = [character for character in rules if len(character.encode()) == 2 and script(character) in SCRIPTS]
    marks = [character for character in short if is_mark(character)]
    letters = [character for character in short if not is_mark(character)]
    pairs = {
        letter + mark: rules[letter] + rules[mark]
        for letter in letters
        for mark in marks
        if script(letter) == script(mark)
    }
    return [table for table in (pairs, rules) if table]


def lacking(vocabulary: Vocabulary) -> set[str]:
    """The characters that become the unknown token, of the scripts this module knows."""
    loaded = Tokenizer.from_str(vocabulary.tokenizer_json)
    asked = characters()
    unknown = {loaded.token_to_id(piece) for piece in (tokenizer.UNK, tokenizer.BERT_UNK)}
    encoded = loaded.encode_batch(asked, add_special_tokens=False)
    return {character for character, found in zip(asked, encoded, strict=True) if unknown.intersection(found.ids)}


@functools.cache
def characters() -> list[str]:
    """Letters, marks and digits of the scripts this module knows, and the marks that any script uses."""
    codes = (code for code in range(sys.maxunicode + 1) if code not in SURROGATES)
    return [character for character in map(chr, codes) if is_spelled(character)]


def is_spelled(character: str) -> bool:
    known = script(character) in (*SCRIPTS, *ALPHABETS, "COMBINING", "VARIATION")
    return character in SPELLED_OUT or (known and unicodedata.category(character)[0] in "LMN")


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def script(character: str) -> str:
    """The first word of the character's name, such as NKO or TIBETAN."""
    return unicodedata.name(character, "").partition(" ")[0]


def spelling(character: str) -> str | None:
    """Lower-case Latin letters, or none at all for a mark without a sound; None where the name tells nothing.

    Of a letter's name its first consonants, or its first vowels where it has none: KHA is kh, A is a. A vowel sign
    has its first vowels, a syllable of Cherokee and its like all of its name.
    """
    if character in SPELLED_OUT:
        return SPELLED_OUT[character]
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    name = unicodedata.name(character, "")
    thaana = THAANA_VOWEL.fullmatch(name)
    if thaana:
        return thaana["vowel"].lower()
    found = NAME.fullmatch(name)
    if not found:
        return "" if is_mark(character) else None
    word = re.sub(r"[^A-Z]", "", found["letter"].split()[-1])
    if script(character) in WHOLE_SYLLABLES:
        return word.lower()
    if script(character) == "TIFINAGH":  # ya, yab, yag, yi, yu: the names all begin alike
        word = re.sub(r"^Y(?:A(?=.))?(?=.)", "", word)
    if script(character) == "OL":  # la, laa, li are vowels, at, ag, ep consonants
        word = re.sub(r"^L(?=[AEIOU]+$)|^[AEIOU]+(?=[^AEIOU])", "", word)
    pattern = VOWELS if "VOWEL SIGN" in name or not CONSONANTS.match(word) else CONSONANTS
    first = pattern.search(word)
    return first[0].lower() if first else ""


def relative(character: str, unknown: set[str]) -> str | None:
    """What stands for a letter that an alphabet's vocabulary lacks: the letter without what is added to it."""
    name = unicodedata.name(character, "")
    if is_mark(character):
        return ""
    plain = LATIN.fullmatch(name.partition(" WITH ")[0])
    if plain:
        return plain["letter"].lower()
    try:
        base = unicodedata.lookup(name.partition(" WITH ")[0])
    except KeyError:
        base = character
    for candidate in (base, base.lower(), unicodedata.normalize("NFD", character)[0]):
        if candidate not in unknown:
            return candidate
    return None


@functools.cache
def compiled_lines(lines: str) -> str:
    """sentencepiece's compiled form, base64, of lines `code points TAB code points`."""
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rules.tsv"
        path.write_text(lines, encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e f g h"]),
            model_writer=model,
            vocab_size=12,
            hard_vocab_limit=False,
            normalization_rule_tsv=str(path),
            minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def compiled(rules: dict[str, str]) -> str:
    def codes(text: str) -> str:
        return " ".join(f"{ord(character):X}" for character in text)

    return compiled_lines("".join(f"{codes(source)}\t{codes(target)}\n" for source, target in sorted(rules.items())))
