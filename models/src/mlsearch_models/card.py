"""README.md of a model folder: the model card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import folder
from .parity import Agreement

TEMPLATE = """\
# {name} {version}

A multilingual text encoder: a text of up to {max_tokens} tokens becomes a unit vector of {dimension} numbers, and
the cosine of two vectors says how near the texts are in meaning, across about a hundred languages.

| | |
|---|---|
| base | {base} |
| source | {source} |
| precision of the source | {source_precision} |
| conversion | {conversion} |
| quantisation | {quantisation} |
| size of this folder | {size:.1f} MB |

## Use
Put `{query}` before a query and `{passage}` before a passage, as in training. `config.json` holds these
prompts, the padding id and the digest of every file. Inputs of `model.onnx`: `input_ids` and `attention_mask`,
int64 (batch, sequence). Output: `embedding`, float32 (batch, {dimension}), pooled ({pooling}) and of
unit length. The graph uses standard operators and ONNX Runtime's own (`com.microsoft`), so it needs ONNX Runtime.
`embeddings.bin` must lie beside it.

## Data the base model was trained on
{base_data}

{sections}## Accuracy of the quantised graph
Cosine between this graph's vector and the float32 reference's, over the texts of `parity.json`: mean {mean:.4f}, worst
text {worst:.4f}. By language, lowest first (`und`: mixed or no language):

{languages}

## Limits
- At most {max_tokens} tokens: tokenizer.json does not cut, so the caller must cut or split longer texts.
{limits}- Activations are quantised with fixed scales, set on texts in {calibration_languages} languages: a text's vector does not depend on its
  batch, and values beyond the range seen there are clipped.

## Licences
{licences}

## Reproduce
From `models/`, in a Python environment with this package (`pip install .`):

{command}
"""

CONVERT = """\
    python -m mlsearch_models.convert --output {folder} --texts parity_texts.jsonl \\
        --calibration ../cli/samples/passages.jsonl"""

POOLING = {"mean": "mean over attended tokens", "cls": "the first token's vector"}


@dataclass(frozen=True)
class Notes:
    """What the folder's files do not say of themselves."""

    base_data: str
    limits: tuple[str, ...]
    calibration_languages: int
    command: str
    sections: tuple[str, ...] = ()  # of Markdown, behind the base's data


def write(staged: Path, settings: folder.Settings, agreement: Agreement, notes: Notes) -> None:
    """Writes the card beside the finished files of the folder."""
    languages = [f"{language} {cosine:.4f}" for language, cosine in agreement.by_language().items()]
    licences = [f"- {entry['what']}: {entry['licence']} ({entry['source']})" for entry in settings.licences]
    provenance = {key: value for key, value in settings.provenance.items() if isinstance(value, str)}
    text = TEMPLATE.format(
        name=settings.name,
        version=settings.version,
        max_tokens=settings.max_tokens,
        dimension=settings.dimension,
        query=settings.prompts["query"],
        passage=settings.prompts["passage"],
        pooling=POOLING[settings.pooling],
        base_data=notes.base_data,
        sections="".join(f"{section}\n\n" for section in notes.sections),
        limits="".join(f"- {limit}\n" for limit in notes.limits),
        calibration_languages=notes.calibration_languages,
        command=notes.command,
        mean=agreement.mean,
        worst=agreement.worst,
        languages=", ".join(languages) + ".",
        licences="\n".join(licences),
        size=folder.total_bytes(staged) / 1e6,
        **provenance,
    )
    (staged / "README.md").write_text(text, encoding="utf-8")
