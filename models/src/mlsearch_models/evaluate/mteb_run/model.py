"""An encoder in the form that MTEB asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from mteb.models import ModelMeta
from mteb.similarity_functions import cos_sim, pairwise_cos_sim
from mteb.types import PromptType

from ..vectors import VectorStore


class MtebEncoder:
    """Prompts by MTEB's prompt type; texts that are neither query nor document are alike and get the query's."""

    def __init__(self, store: VectorStore, prefix: str = "mlsearch"):
        self.store = store
        encoder = store.encoder
        self.mteb_model_meta = ModelMeta.create_empty(
            {
                "name": f"{prefix}/{encoder.name}",
                "revision": encoder.fingerprint,
                "max_tokens": encoder.description["max_tokens"],
                "similarity_fn_name": "cosine",
                "use_instructions": True,
            }
        )

    def encode(
        self,
        inputs: Any,
        *,
        task_metadata: Any,
        hf_split: str,
        hf_subset: str,
        prompt_type: PromptType | None = None,
        **_: Any,
    ) -> np.ndarray:
        """Vectors float32 (texts, dim) of a loader of batches that hold `text`."""
        texts = [text for batch in inputs for text in batch["text"]]
        role = "passage" if prompt_type == PromptType.document else "query"
        return self.store.get({"texts": texts}, role, f"{task_metadata.name} {hf_subset}")["texts"]

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        return cos_sim(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        return pairwise_cos_sim(embeddings1, embeddings2)
