"""The encoder in PyTorch, float32: what the exported graph is compared with."""

from __future__ import annotations

import numpy as np
import torch
from transformers import BertConfig, BertModel

from . import checkpoint
from .weights import Weights


class Reference(torch.nn.Module):
    """BERT, mean over attended tokens, unit length."""

    def __init__(self, weights: Weights):
        super().__init__()
        config = BertConfig(**checkpoint.transformers_config(weights.config, weights.vocabulary.pad))
        self.bert = BertModel(config, add_pooling_layer=False)
        _, unexpected = self.bert.load_state_dict(checkpoint.state_dict(weights), strict=False)
        if unexpected:
            raise ValueError(f"parameters the encoder does not have: {', '.join(unexpected)}")
        self.eval()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Both inputs int64 (batch, sequence); returns float32 (batch, hidden)."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, sequence, 1)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)  # (batch, hidden)
        return torch.nn.functional.normalize(mean, dim=-1)

    @torch.inference_mode()
    def encode(self, token_ids: list[list[int]]) -> np.ndarray:
        """Vectors float32 (texts, hidden), one text at a time so that nothing is padded."""
        rows = []
        for ids in token_ids:
            batch = torch.tensor([ids])
            rows.append(self(batch, torch.ones_like(batch))[0].numpy())
        return np.stack(rows)
