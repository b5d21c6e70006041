"""The process of a Python engine: reads requests, one JSON object a line, and answers each with one.

    {"do": "hello"}
    {"do": "build", "vectors": PATH, "count": N, "dimension": D, "folder": PATH}
    {"do": "queries", "name": NAME, "path": PATH, "count": N, "dimension": D}
    {"do": "open", "vectors": PATH, "count": N, "dimension": D, "folder": PATH, "queries": NAME, "k": K}
    {"do": "search", "queries": NAME, "count": N, "k": K, "effort": E, "threads": T, "least_s": S, "ids": PATH}
    {"do": "tune", "queries": NAME}
    {"do": "memory"}
    {"do": "quit"}

`search` asks the first `count` queries as often as it takes to fill `least_s` seconds, and writes the
ids found to a file of i32: (count, k). The Rust workers speak the same.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

from .catalogue import by_name, make
from .engines.base import Vectors


class Worker:
    def __init__(self, name: str) -> None:
        self.engine = make(by_name(name))
        self.queries: dict[str, np.ndarray] = {}
        self.memory_before = 0

    def hello(self, request: dict) -> dict:
        engine = self.engine
        return {
            "version": importlib.metadata.version(engine.package),
            "efforts": list(engine.efforts),
            "effort_name": engine.effort_name,
            "threads": engine.threads,
            "one_by_one": engine.one_by_one,
            "reads_vectors": engine.reads_vectors,
        }

    def build(self, request: dict) -> dict:
        rows = vectors(request).load()
        folder = Path(request["folder"])
        before = resident()
        wall, cpu = time.perf_counter(), time.process_time()
        self.engine.build(rows, folder)
        built = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        started = time.perf_counter()
        self.engine.save(folder)
        return {**built, "save_s": time.perf_counter() - started, "peak_rss_bytes": peak() - before}

    def read_queries(self, request: dict) -> dict:
        self.queries[request["name"]] = vectors(request).load()
        return {}

    def open(self, request: dict) -> dict:
        first = self.queries[request["queries"]][:1]
        self.memory_before = resident()
        started = time.perf_counter()
        self.engine.open(Path(request["folder"]), vectors(request))
        opened = time.perf_counter()
        self.engine.search(first, request["k"], self.engine.efforts[0], 1)
        answered = time.perf_counter()
        return {"open_ms": (opened - started) * 1e3, "first_answer_ms": (answered - started) * 1e3}

    def search(self, request: dict) -> dict:
        queries = self.queries[request["queries"]][: request["count"]]
        arguments = (queries, request["k"], request["effort"], request["threads"])
        passes = 0
        wall, cpu = time.perf_counter(), time.process_time()
        while passes == 0 or time.perf_counter() - wall < request["least_s"]:
            found = self.engine.search(*arguments)
            passes += 1
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        np.ascontiguousarray(found, dtype="<i4").tofile(request["ids"])
        return {"cpu_s": cpu, "wall_s": wall, "answers": passes * len(queries)}

    def tune(self, request: dict) -> dict:
        self.engine.tune(self.queries[request["queries"]])
        return {}

    def memory(self, request: dict) -> dict:
        return {"rss_bytes": max(0, resident() - self.memory_before)}


def vectors(request: dict) -> Vectors:
    path = request["path"] if "path" in request else request["vectors"]
    return Vectors(Path(path), request["count"], request["dimension"])


def resident() -> int:
    """The bytes of this process in memory, mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    # Engines may print: what they say goes to standard error, and only answers to standard output.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "quit":
            # Some engines take seconds to free what the system frees at once.
            os._exit(0)
        try:
            worker = worker or Worker(sys.argv[1])
            act = worker.read_queries if request["do"] == "queries" else getattr(worker, request["do"])
            answer = act(request)
        except Exception as error:  # whatever goes wrong with a rival is a line of the report
            answer = {"error": " ".join([type(error).__name__ + ":", *str(error).split()])[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
