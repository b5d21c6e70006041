"""How much text the languages of NTREX-128 have on the web, in three levels.

By the size of the language's file in CC-100 as its download page gives it (data.statmt.org/cc-100,
compressed; Conneau et al. 2020, arXiv 1911.02116): text of Common Crawl after language identification and
filtering, the kind of text that base models of the XLM-R family have read.

- **high**: 5 GB or more (Chinese in simplified script, the Norwegian of both forms),
- **mid**: 300 MB or more,
- **low**: less, or none of its own (of Burmese, what is in Unicode).

CC-100 does not tell all languages apart. Dari counts with Persian and Bosnian with Croatian, as their
text was counted there; Nynorsk, the smaller share of Norwegian, is put one level down. Hassaniyya and
Cantonese have no text of their own there and are low.
"""

from __future__ import annotations

LEVELS = ("high", "mid", "low")

HIGH = """arb bos bul dan deu ell eng fas fin fra heb hrv hun ind ita jpn kor nld nob pol por prs ron rus
slk spa swe tha tur ukr vie zho""".split()

MID = """afr aze bel ben cat ces est eus fil glg hin hye isl kan kat kaz lav lit mal mar mkd mon msa nep
nno sin slv sqi srp swa tam tel urd""".split()


def level(tag: str) -> str:
    """The level of a tag such as `fra-CA`; that of a language which is in neither list is low."""
    code = language(tag)
    return "high" if code in HIGH else "mid" if code in MID else "low"


def language(tag: str) -> str:
    """The language of a tag, without region or script: what variants have in common."""
    return tag.partition("-")[0]


def members(tags: list[str]) -> dict[str, set[str]]:
    """The tags of each level."""
    return {name: {tag for tag in tags if level(tag) == name} for name in LEVELS}
