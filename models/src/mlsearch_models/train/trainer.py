"""The training run: steps, validation, checkpoints, log.

Why not a ready-made trainer: a step joins a hybrid batch and a batch of translations under several
losses, texts are sorted by length across both so that little is padded, the word embeddings stay
frozen, and a resumed run must give the same bits. That is this file; the rest is PyTorch.
"""

from __future__ import annotations

import copy
import json
import math
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ..encoder import Encoder, length_batches
from . import objectives
from .batches import Batches, PairBatch, ParallelBatch
from .config import Config
from .corpus import Corpus
from .validation import Validation

STATE = "state.pt"
KEYWORDS = 2  # the stream of random numbers that chooses keywords


class Trainer:
    """`run` trains from the encoder's present weights, or from where an earlier run into `out` stopped.

    `encoder` is the base, and the anchor of distillation; `start`, where given, has the weights to begin with.
    """

    def __init__(self, encoder: Encoder, corpus: Corpus, settings: Config, out: Path, mined: np.ndarray | None = None, start: Encoder | None = None):
        self.encoder, self.corpus, self.settings, self.out = encoder, corpus, settings, out
        self.batches = Batches(corpus, settings, mined)
        self.validation = Validation(corpus, settings)
        self.matryoshka = objectives.Matryoshka(settings.run.matryoshka)
        if settings.run.device == "cpu":
            # The fused kernel is slower backwards on texts this short: measured 1.3x a step.
            encoder.network.set_attn_implementation("eager")
        # The anchor: the base as it was.
        self.teacher = copy.deepcopy(encoder).requires_grad_(False) if settings.parallel.distillation > 0 else None
        self.start = start.description.training if start is not None else None
        if start is not None:
            encoder.load_state_dict(start.state_dict())
        choose_parameters(encoder, settings.base.trainable_layers)
        self.parameters = [value for value in encoder.network.parameters() if value.requires_grad]
        self.optimizer = torch.optim.AdamW(parameter_groups(encoder, settings.optimizer.weight_decay), lr=0.0)
        self.average = [value.detach().clone() for value in self.parameters]
        self.step, self.best, self.seconds = 0, -math.inf, 0.0

    def run(self) -> dict[str, float]:
        """Trains to the last step; returns the validation of the best checkpoint, kept in `out`/best."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.resume()
        steps, every = self.settings.optimizer.steps, self.settings.run
        if self.step == 0:
            self.validate()
            self.save_state()
        started, first = time.monotonic(), self.step
        while self.step < steps:
            record = self.train_step()
            self.step += 1
            self.log(record)
            self.progress(record, (time.monotonic() - started) / (self.step - first))
            last = self.step == steps
            if last or self.step % every.validate_every == 0:
                self.validate()
            if last or self.step % every.save_every == 0:
                self.save_state()
        return json.loads((self.out / "best.json").read_text(encoding="utf-8"))

    def train_step(self) -> dict[str, float]:
        began = time.monotonic()
        rate = learning_rate(self.step, self.settings.optimizer)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        pairs = self.batches.pairs(self.step) if self.settings.pairs.size else None
        parallel = self.batches.parallel(self.step) if self.settings.parallel.active else None
        ids, places = self.texts(pairs, parallel)
        teacher = self.teach(parallel)
        if self.settings.run.grad_cache:
            parts = self.backward_cached(ids, places, pairs, parallel, teacher)
        else:
            with self.autocast():
                vectors = self.encoder.encode_ids(ids, self.settings.run.batch_tokens)
            parts = self.losses(vectors, places, pairs, parallel, teacher)
            parts["loss"].backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.settings.optimizer.clip)
        if not torch.isfinite(norm):
            raise FloatingPointError(f"the gradient is not finite at step {self.step + 1}: lower the learning rate")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.update_average()
        seconds = time.monotonic() - began
        self.seconds += seconds
        tokens = sum(map(len, ids))
        return {
            "step": self.step + 1,
            "kind": pairs.kind if pairs else "parallel",
            **{name: round(float(value.detach()), 5) for name, value in parts.items()},
            "grad_norm": round(float(norm), 4),
            "learning_rate": rate,
            "tokens_per_s": round(tokens / seconds),
        }

    def texts(self, pairs: PairBatch | None, parallel: ParallelBatch | None) -> tuple[list[list[int]], dict[str, slice]]:
        """Token ids of everything a step encodes, and where each part of it lies."""
        run, corpus = self.settings.run, self.corpus.texts
        ids: list[list[int]] = []
        places: dict[str, slice] = {}

        random = self.batches.random(self.step, KEYWORDS)

        def add(name: str, texts: np.ndarray, role: str, most: int = run.passage_tokens, keywords=None) -> None:
            places[name] = slice(len(ids), len(ids) + len(texts))
            for row, text in enumerate(texts):
                if keywords is not None and keywords[row]:
                    ids.append(corpus.keyword_ids(int(text), role, most, random))
                else:
                    ids.append(corpus.ids(int(text), role, most))

        if pairs:
            add("questions", pairs.questions, "query", run.query_tokens, pairs.keywords)
            add("passages", np.concatenate([pairs.passages, pairs.negatives]), "passage")
        if parallel:
            add("left", parallel.left, parallel.role, keywords=parallel.keywords)
            add("right", parallel.right, "passage")
        return ids, places

    def losses(self, vectors, places, pairs, parallel, teacher) -> dict[str, torch.Tensor]:
        """Each weighted part, and their sum as `loss`."""
        parts: dict[str, torch.Tensor] = {}
        if pairs:
            parts["pairs"] = self.settings.pairs.weight * self.pair_loss(vectors, places, pairs)
        if parallel:
            settings = self.settings.parallel
            left, right = vectors[places["left"]], vectors[places["right"]]
            if settings.ranking > 0:

                def ranking(first, second):
                    return objectives.translation_ranking(
                        first, second, settings.margin, settings.temperature, settings.both_sides
                    )

                parts["ranking"] = settings.ranking * self.matryoshka(ranking, left, right)
            if settings.distillation > 0 and teacher is not None:
                known = parallel.pivot >= 0
                both = torch.cat([left[torch.from_numpy(known)], right[torch.from_numpy(known)]])
                # A few words do not mean what the whole text means.
                whole = torch.from_numpy(np.concatenate([~parallel.keywords[known], np.ones(known.sum(), bool)]))
                loss = objectives.distillation(both[whole], teacher[whole], settings.distillation_loss)
                parts["distillation"] = settings.distillation * loss
            if settings.divergence > 0:
                candidates = vectors[places["passages"]] if pairs else torch.cat([left, right])

                def divergence(first, second, among):
                    return objectives.divergence(
                        first, second, among, settings.divergence_temperature, settings.divergence_loss
                    )

                parts["divergence"] = settings.divergence * self.matryoshka(divergence, left, right, candidates)
        parts["loss"] = sum(parts.values())
        return parts

    def pair_loss(self, vectors, places, pairs: PairBatch) -> torch.Tensor:
        questions, candidates = vectors[places["questions"]], vectors[places["passages"]]
        allowed = torch.from_numpy(allowed_candidates(pairs)).to(vectors.device)
        temperature = self.settings.pairs.temperature
        return self.matryoshka(
            lambda asked, answers: objectives.info_nce(asked, answers, allowed, temperature), questions, candidates
        )

    @torch.no_grad()
    def teach(self, parallel: ParallelBatch | None) -> torch.Tensor | None:
        """The base's vectors of the pivot texts, in the left side's role and then in the right's, (2n, hidden)."""
        if self.teacher is None or parallel is None:
            return None
        known = parallel.pivot[parallel.pivot >= 0]
        if len(known) == 0:
            return None
        roles = list(dict.fromkeys([parallel.role, "passage"]))
        most = self.settings.run.passage_tokens
        ids = [self.corpus.texts.ids(int(text), role, most) for role in roles for text in known]
        with self.autocast():
            vectors = self.teacher.encode_ids(ids, self.settings.run.batch_tokens)
        return vectors if len(roles) == 2 else vectors.repeat(2, 1)

    def backward_cached(self, ids, places, pairs, parallel, teacher) -> dict[str, torch.Tensor]:
        """GradCache (arXiv 2101.06983): vectors without a graph, then their gradients part by part."""
        budget = self.settings.run.batch_tokens
        with torch.no_grad(), self.autocast():
            vectors = self.encoder.encode_ids(ids, budget)
        vectors = vectors.detach().requires_grad_(True)
        parts = self.losses(vectors, places, pairs, parallel, teacher)
        parts["loss"].backward()
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        for batch in length_batches([len(ids[at]) for at in order], budget):
            rows = [order[at] for at in batch]
            with self.autocast():
                again = self.encoder(*self.encoder.pad([ids[row] for row in rows]))
            again.backward(vectors.grad[rows])
        return parts

    def update_average(self) -> None:
        decay = self.settings.optimizer.average
        if decay == 0:
            return
        # Short at first, so that the mean forgets where it started.
        decay = min(decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, [value.detach() for value in self.parameters], 1 - decay)

    def validate(self) -> None:
        """Measures the mean weights and keeps them in `out`/best where they are the best so far."""
        live = [value.detach().clone() for value in self.parameters]
        if self.settings.optimizer.average > 0 and self.step > 0:
            self.put(self.average)
        figures = {name: round(value, 5) for name, value in self.validation.measure(self.encoder).items()}
        self.log({"step": self.step, "validation": figures})
        summary = f"monolingual {figures['monolingual']:.4f} multilingual {figures['multilingual']:.4f}"
        print(f"\nstep {self.step}: validation {figures['score']:.4f}, {summary}", file=sys.stderr)
        if figures["score"] > self.best:
            self.best = figures["score"]
            self.keep("best", figures)
        if self.step == self.settings.optimizer.steps:
            self.keep("last", figures)
        self.put(live)

    def keep(self, name: str, figures: dict[str, float]) -> None:
        training = {
            "config": asdict(self.settings),
            "step": self.step,
            "seconds": round(self.seconds),
            "device": device_name(self.settings.run.device),
            "torch": torch.__version__,
            "validation": figures,
        }
        if self.start is not None:
            training["start"] = self.start
        self.encoder.save(self.out / name, training)
        write_whole(self.out / f"{name}.json", json.dumps({"step": self.step, **figures}, indent=2) + "\n")

    def put(self, values: list[torch.Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.parameters, values):
                parameter.copy_(value)

    def save_state(self) -> None:
        """Everything a later run needs to go on as if it had not stopped."""
        state = {
            "settings": asdict(self.settings),
            "step": self.step,
            "best": self.best,
            "seconds": self.seconds,
            "parameters": [value.detach().cpu() for value in self.parameters],
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.out / f"{STATE}.partial"
        torch.save(state, partial)
        os.replace(partial, self.out / STATE)

    def resume(self) -> None:
        path = self.out / STATE
        if not path.exists():
            return
        state = torch.load(path, map_location=self.encoder.device, weights_only=True)
        if state["settings"] != asdict(self.settings):
            raise ValueError(f"{self.out} holds a run with another configuration: give another folder or delete it")
        self.step, self.best, self.seconds = state["step"], state["best"], state["seconds"]
        self.put(state["parameters"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.forget_log()
        print(f"going on from step {self.step}", file=sys.stderr)

    def forget_log(self) -> None:
        """Drops what the log says of steps after the saved one: they come again."""
        path = self.out / "log.jsonl"
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if json.loads(line)["step"] <= self.step]
            write_whole(path, "".join(f"{line}\n" for line in kept))

    def log(self, record: dict[str, object]) -> None:
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def progress(self, record: dict[str, float], step_seconds: float) -> None:
        left = (self.settings.optimizer.steps - self.step) * step_seconds
        print(
            f"\rstep {self.step}/{self.settings.optimizer.steps}  loss {record['loss']:.3f}  "
            f"{step_seconds:.2f} s a step  {record['tokens_per_s']} tokens/s  {left / 60:.0f} min left   ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def autocast(self):
        run = self.settings.run
        return torch.autocast(run.device, torch.bfloat16, enabled=run.precision == "bfloat16")


def allowed_candidates(pairs: PairBatch) -> np.ndarray:
    """bool (n, n + m): the own passage, and every candidate that does not answer the question as well."""
    answers = (pairs.candidates[None, :, None] == pairs.answers[:, None, :]).any(-1)
    allowed = ~answers
    count = len(pairs.passages)
    allowed[np.arange(count), np.arange(count)] = True
    return allowed


def choose_parameters(encoder: Encoder, layers: int) -> None:
    """Freezes all but the top `layers`, where that is not 0; the word embeddings are frozen anyway."""
    if layers == 0:
        return
    encoder.network.embeddings.requires_grad_(False)
    for layer in encoder.network.encoder.layer[:-layers]:
        layer.requires_grad_(False)


def parameter_groups(encoder: Encoder, weight_decay: float) -> list[dict[str, object]]:
    """Biases and layer norms do not decay."""
    trained = [value for value in encoder.network.parameters() if value.requires_grad]
    return [
        {"params": [value for value in trained if value.dim() > 1], "weight_decay": weight_decay},
        {"params": [value for value in trained if value.dim() <= 1], "weight_decay": 0.0},
    ]


def learning_rate(step: int, settings) -> float:
    """Linear warm-up, then a cosine to a hundredth."""
    warm = max(1, round(settings.warmup * settings.steps))
    if step < warm:
        return settings.learning_rate * (step + 1) / warm
    along = (step - warm) / max(1, settings.steps - warm)
    return settings.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * along)) / 2)


def device_name(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"cpu, {torch.get_num_threads()} threads"


def write_whole(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
