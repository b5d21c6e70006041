"""Tables in Markdown, and where they go in the file."""

from __future__ import annotations

from .. import bitext, bootstrap, codeswitch, lareqa, levels, questions, table
from .rows import Row

BEGIN = "<!-- evaluation: begin -->"
END = "<!-- evaluation: end -->"
CENTERING = {"none": "as it is", "documents": "documents", "both": "both"}

LAREQA = {"mono": "mono", "cross": "cross", "multi": "multi", "rank_distance": "RD", "own_share": "own share"}
AMQA = {
    "passage_recall": "passage R@1",
    "passage_mrr": "passage MRR@10",
    "sentence_recall": "sentence R@1",
    "sentence_mrr": "sentence MRR@10",
}
MIXED = {
    "multi": "multi, mixed",
    "multi_unmixed": "multi, unmixed",
    "rank_distance": "RD, mixed",
    "rank_distance_unmixed": "RD, unmixed",
    "share": "share of both",
}
TRANSLATIONS = {"pool_without_variants": "pool", "from_english": "from English", "into_english": "into English"}


def render(rows: list[Row]) -> str:
    """All tables that the rows have figures for."""
    parts = [
        section(rows, lareqa.NAME, "Questions to answers (XQuAD-R)", plain(LAREQA)),
        intervals(rows),
        section(rows, bitext.NAME, "Translations (NTREX-128), recall at 1 by amount of web text", by_level()),
        section(rows, questions.NAME, "Amharic questions (AmQA, test)", plain(AMQA)),
        section(rows, codeswitch.NAME, "Questions that change language (XQuAD-R)", plain(MIXED)),
    ]
    shown = [part for part in parts if part]
    if not shown:
        raise ValueError("the results hold no figures")
    return "\n".join(shown)


Columns = dict[str, tuple[str, str | None]]  # heading -> measure, level


def plain(names: dict[str, str]) -> Columns:
    return {heading: (measure, None) for measure, heading in names.items()}


def by_level() -> Columns:
    columns: Columns = {}
    for measure, heading in TRANSLATIONS.items():
        for level in levels.LEVELS:
            columns[f"{heading}, {level}"] = (measure, level)
    columns["own language first"] = ("pool_own_without_variants", None)
    return columns


def section(rows: list[Row], task: str, title: str, columns: Columns) -> str:
    """A heading and a table with a line for each row and kind of centering; empty where no row has the task."""
    measured = [row for row in rows if row.facts(task) is not None]
    if not measured:
        return ""
    usual = measured[0].facts(task)
    lines = [["", "seeds", "centered", *columns]]
    for row in measured:
        name = row.name if row.facts(task) == usual else f"{row.name} ({described(row.facts(task))})"
        for kind, label in CENTERING.items():
            cells = [shown(row, task, kind, *column) for column in columns.values()]
            first = kind == "none"
            lines.append([name if first else "", str(len(row.runs)) if first else "", label, *cells])
    return f"### {title}\nOf {described(usual)}.\n\n{grid(lines)}"


def shown(row: Row, task: str, kind: str, measure: str, level: str | None) -> str:
    values = row.values(task, kind, measure)
    if values is None:
        return table.ABSENT
    return table.shown(values.mean(levels.members(values.names)[level] if level else None), measure)


def intervals(rows: list[Row]) -> str:
    """How sure the main figures are."""
    lines = [["", *(f"{heading}, {what}" for heading in list(LAREQA.values())[:4] for what in ("95 %", "seeds"))]]
    for row in rows:
        cells = []
        for measure in list(LAREQA)[:4]:
            found, spread = row.interval(lareqa.NAME, "none", measure), row.spread(lareqa.NAME, "none", measure)
            if found is None:
                break
            several = len(row.runs) > 1
            cells.append(span((found.low, found.high), measure))
            cells.append(span(spread, measure) if several else table.ABSENT)
        else:
            lines.append([row.name, *cells])
    if len(lines) == 1:
        return ""
    note = (
        f"Intervals of the mean over seeds, as it is (not centered): {bootstrap.RESAMPLES} resamples of questions, "
        "translations of a question together. Beside them the least and greatest seed. Whether two rows differ is "
        "for `compare`, which pairs them: intervals that overlap do not say that they are alike."
    )
    return f"### How sure these are\n{note}\n\n{grid(lines)}"


def span(ends: tuple[float, float], measure: str) -> str:
    return " to ".join(table.shown(end, measure) for end in ends)


def described(facts: dict[str, object]) -> str:
    return ", ".join(f"{value:,} {name}" if isinstance(value, int) else f"{value} {name}" for name, value in facts.items())


def grid(lines: list[list[str]]) -> str:
    head, *body = lines
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *body))


def put(document: str, text: str, name: str) -> str:
    """The document with `text` between its two comments."""
    if document.count(BEGIN) != 1 or document.count(END) != 1 or document.index(BEGIN) > document.index(END):
        raise ValueError(f"{name} needs one line {BEGIN} and one line {END} behind it, for the tables to go between")
    before, _, rest = document.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{text}{END}{after}"
