"""One table from the sources' language codes to the tags of the output.

A tag is BCP-47: the two-letter code where there is one, else three letters; a script only where the language is
written in several.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

TAGS = {
    "afr": "af", "amh": "am", "ara": "ar", "arm": "hy", "aze": "az", "baq": "eu", "bel": "be", "ben": "bn",
    "bre": "br", "bul": "bg", "cat": "ca", "ces": "cs", "cha": "ch", "chv": "cv", "cor": "kw", "cym": "cy",
    "dan": "da", "deu": "de", "dik": "din", "ell": "el", "eng": "en", "epo": "eo", "est": "et", "eus": "eu",
    "ewe": "ee", "fao": "fo", "fas": "fa", "fil": "tl", "fin": "fi", "fra": "fr", "fry": "fy", "gla": "gd",
    "gle": "ga", "glg": "gl", "glv": "gv", "guj": "gu", "hbs": "sr", "heb": "he", "hin": "hi", "hrv": "hr",
    "hun": "hu", "hye": "hy", "ido": "io", "ile": "ie", "ina": "ia", "ind": "id", "isl": "is", "ita": "it",
    "jav": "jv", "jpn": "ja", "kat": "ka", "kaz": "kk", "khm": "km", "kor": "ko", "kur": "ku", "kzj": "dtp",
    "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "mal": "ml", "mar": "mr", "mkd": "mk", "mlt": "mt",
    "mon": "mn", "mri": "mi", "msa": "ms", "mya": "my", "nld": "nl", "nno": "nn", "no": "nb", "nob": "nb",
    "nor": "nb", "oci": "oc", "oji": "oj", "pes": "fa", "pol": "pl", "por": "pt", "que": "qu", "ron": "ro",
    "run": "rn", "rus": "ru", "slv": "sl", "spa": "es", "sqi": "sq", "swa": "sw", "swe": "sv", "tam": "ta",
    "tat": "tt", "tel": "te", "tgl": "tl", "tha": "th", "toki": "tok", "tuk": "tk", "tur": "tr", "uig": "ug",
    "ukr": "uk", "urd": "ur", "uzb": "uz", "vie": "vi", "vol": "vo", "wol": "wo", "yid": "yi", "zho": "zh",
    "zul": "zu", "zh-CN": "zh-Hans", "zh-TW": "zh-Hant",
    "de-DE": "de", "en-GB": "en", "en-US": "en", "es-LA": "es", "pt-AO": "pt", "pt-BR": "pt",
}  # fmt: skip

# The script left unsaid, for languages that are written in several; None where it is always said.
USUAL_SCRIPT = {
    "zh": None, "sr": None,
    "az": "Latn", "ber": "Latn", "crh": "Latn", "hoc": "Latn", "jv": "Latn", "kab": "Latn", "kk": "Cyrl", "ku": "Latn",
    "lad": "Latn", "lfn": "Latn", "mn": "Cyrl", "ota": "Arab", "rom": "Latn", "shi": "Latn", "tk": "Latn",
    "tmh": "Latn", "tt": "Cyrl", "ug": "Arab", "uz": "Latn", "xal": "Cyrl",
}  # fmt: skip
SCRIPT_NAMES = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "CJK": "Hani", "HEBREW": "Hebr", "TIFINAGH": "Tfng",
    "DEVANAGARI": "Deva", "GREEK": "Grek", "MONGOLIAN": "Mong", "JAVANESE": "Java", "WARANG": "Wara",
}  # fmt: skip


def tag(code: str, text: str = "") -> str:
    """The output's tag for a source's code; `text` decides the script of languages that have several."""
    code = normal_case(code)
    language = TAGS.get(code, code)
    if language not in USUAL_SCRIPT:
        return language
    if language == "zh":
        return f"zh-{chinese_script(text)}"
    usual, found = USUAL_SCRIPT[language], script(text)
    if language == "ku" and found == "Arab":
        return "ckb"
    if found == usual or (usual and not found):
        return language
    return f"{language}-{found or 'Latn'}"


def normal_case(code: str) -> str:
    """pt_BR, pt-br and pt%5fBR are the same code."""
    language, *rest = code.replace("%5f", "_").replace("_", "-").split("-")
    return "-".join([language.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])


def script(text: str) -> str | None:
    """The script of most letters of a text; None where no letter is of a script listed here."""
    counts: dict[str, int] = {}
    for character in text:
        name = letter_script(character)
        if name:
            counts[name] = counts.get(name, 0) + 1
    return max(counts, key=counts.__getitem__) if counts else None


@lru_cache(maxsize=65536)
def letter_script(character: str) -> str | None:
    if not character.isalpha():
        return None
    return SCRIPT_NAMES.get(unicodedata.name(character, "?").split()[0].partition("-")[0])


def chinese_script(text: str) -> str:
    """Hans or Hant: GB 2312 holds the simplified characters and Big5 the traditional ones."""
    simplified = sum(encodes(character, "gb2312") and not encodes(character, "big5") for character in text)
    traditional = sum(encodes(character, "big5") and not encodes(character, "gb2312") for character in text)
    return "Hant" if traditional > simplified else "Hans"


@lru_cache(maxsize=65536)
def encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return character.isalpha()
