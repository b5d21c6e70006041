"""What was kept and what was removed, as report.json and as a table."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .records import FILES, Pair, Parallel, Record

EXAMPLES = 5  # removed texts shown for each source and reason


@dataclass
class Report:
    """Counts by source. `kept`: by (file, source, split); `texts`: by (file, source, split, language)."""

    licences: dict[str, str]
    kept: Counter = field(default_factory=Counter)
    texts: Counter = field(default_factory=Counter)
    removed: Counter = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def keep(self, record: Record) -> None:
        where = (FILES[type(record)], record.source, record.split)
        self.kept[where] += 1
        languages = record.by_language if isinstance(record, Parallel) else [record.language]
        for language in languages:
            self.texts[(*where, language)] += 1

    def remove(self, record: Record, reason: str, text: str | None = None) -> None:
        """Counts a removed record; `text` is the one at fault, kept as an example."""
        kind = f"{record.source} {FILES[type(record)].removesuffix('.jsonl')}"
        self.removed[(kind, reason)] += 1
        shown = self.examples.setdefault((kind, reason), [])
        if len(shown) < EXAMPLES:
            texts = [text] if text else [record.question, record.passage] if isinstance(record, Pair) else record.texts()
            shown.append([value[:300] for value in list(texts)[:2]])

    def document(self) -> dict[str, object]:
        kept = [
            {
                "file": name,
                "source": source,
                "split": split,
                "licence": self.licences.get(source),
                "records": count,
                "texts_by_language": {
                    key[3]: number for key, number in sorted(self.texts.items()) if key[:3] == (name, source, split)
                },
            }
            for (name, source, split), count in sorted(self.kept.items())
        ]
        removed = [
            {"source": kind, "reason": reason, "records": count, "examples": self.examples.get((kind, reason), [])}
            for (kind, reason), count in sorted(self.removed.items())
        ]
        return {"absent": self.absent, "kept": kept, "removed": removed}

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def table(self) -> str:
        lines = [f"{'file':16}{'source':22}{'train':>10}{'dev':>8}{'languages':>11}  licence"]
        for name, source in sorted({key[:2] for key in self.kept}):
            languages = {key[3] for key in self.texts if key[:2] == (name, source)}
            train, dev = self.kept[name, source, "train"], self.kept[name, source, "dev"]
            licence = self.licences.get(source, "")
            lines.append(f"{name:16}{source:22}{train:10,}{dev:8,}{len(languages):11,}  {licence}")
        lines += ["", f"{'removed from':38}{'reason':38}{'records':>10}"]
        lines += [f"{kind:38}{reason:38}{count:10,}" for (kind, reason), count in sorted(self.removed.items())]
        if self.absent:
            lines += ["", "absent: " + ", ".join(self.absent)]
        return "\n".join(lines)
