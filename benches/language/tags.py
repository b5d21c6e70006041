"""One set of language tags for data sets and detectors, so that all are scored alike.

Two letters where ISO 639-1 has them, else three. The members of a macrolanguage of ISO 639-3 are one
language, because detectors know now the one, now the other: `nb`, `nn` and `no`; `bs`, `hr` and `sr`, in
either script (`sh`); `id` and `ms`; Chinese in both scripts and Cantonese (`zh`); Arabic, Persian and
their spoken varieties (`ar`, `fa`). `fil` is `tl`. Kurdish is the exception: Kurmanji (`ku`, Latin script) and
Sorani (`ckb`, Arabic script) stay apart. Scripts and regions do not count.
"""

from __future__ import annotations

UNDETERMINED = "und"

# ISO 639-3 and, where it has one, 639-1.
TWO_LETTERS = dict(
    pair.split(":")
    for pair in """
    afr:af amh:am ara:ar asm:as aze:az bak:ba bel:be ben:bn bod:bo bos:bs bre:br bul:bg cat:ca ces:cs chv:cv
    cor:kw cos:co cym:cy dan:da deu:de div:dv dzo:dz ell:el eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa
    fij:fj fin:fi fra:fr fry:fy ful:ff gla:gd gle:ga glg:gl glv:gv guj:gu hat:ht hau:ha heb:he hin:hi hrv:hr
    hun:hu hye:hy ibo:ig ido:io ile:ie ina:ia ind:id isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kat:ka kaz:kk
    khm:km kin:rw kir:ky kor:ko kur:ku lao:lo lat:la lav:lv lin:ln lit:lt ltz:lb lug:lg mal:ml mar:mr mkd:mk
    mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nav:nv nde:nd nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc
    ori:or orm:om oss:os pan:pa pol:pl por:pt pus:ps que:qu roh:rm ron:ro run:rn rus:ru sag:sg sin:si slk:sk
    slv:sl smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv tah:ty
    tam:ta tat:tt tel:te tgk:tg tgl:tl tha:th tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk
    urd:ur uzb:uz ven:ve vie:vi vol:vo wln:wa wol:wo xho:xh yid:yi yor:yo zho:zh zul:zu
    """.split()
)

# Members of macrolanguages, withdrawn codes and other names, and what they count as.
SAME = dict(
    pair.split(":")
    for pair in """
    nb:no nn:no bs:sh hr:sh sr:sh hbs:sh cnr:sh id:ms zsm:ms min:ms cmn:zh yue:zh wuu:zh cdo:zh arb:ar arz:ar
    arq:ar ary:ar arl:ar mey:ar pes:fa prs:fa kmr:ku uzn:uz pbt:ps gaz:om plt:mg lvs:lv ekk:et als:sq npi:ne
    ory:or swh:sw khk:mn ydd:yi azj:az azb:az fuc:ff fuv:ff fil:tl ltg:lv gug:gn iw:he in:ms jw:jv ji:yi mo:ro tw:ak twi:ak quy:qu
    quz:qu ayr:ay knc:kr un:und zxx:und xxx:und
    """.split()
)


def normal(tag: str) -> str:
    """The tag under which `tag` is counted."""
    code = tag.strip().replace("_", "-").split("-")[0].lower()
    if code.startswith(UNDETERMINED):
        return UNDETERMINED
    # HeLI-OTS marks varieties with further letters: `finp`, `hbsbos`.
    code = code[:3]
    code = TWO_LETTERS.get(code, code)
    return SAME.get(code, code) or UNDETERMINED
