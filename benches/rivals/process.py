"""A worker process, as the one that started it sees it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from .catalogue import Entry

BENCHES = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """An engine that could not do what it was asked, and why."""


class Process:
    """Sends requests to a worker and waits for each answer. Use it as a context manager."""

    def __init__(self, entry: Entry, binaries: Path, log: Path) -> None:
        if entry.binary:
            path = binaries / entry.binary
            if not path.is_file():
                raise Failed(f"{entry.binary} is not built")
            command = [str(path), entry.variant]
        else:
            command = [sys.executable, "-m", "rivals.worker", entry.name]
        # One thread, unless an engine is told otherwise: libraries read these when they are loaded.
        limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(limits, "1"), "PYTHONDONTWRITEBYTECODE": "1", "RUST_BACKTRACE": "0"}
        self.log_path = log
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            command, cwd=BENCHES, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        self.received = b""

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *reason: object) -> None:
        try:
            self.process.stdin.write(b'{"do": "quit"}\n')
            self.process.stdin.close()
            self.process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def ask(self, do: str, limit_s: float = 600.0, **request: object) -> dict:
        """The answer to a request."""
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Failed(self.ending(do)) from None
        line = self.line(do, limit_s)
        try:
            answer = json.loads(line)
        except ValueError:
            raise Failed(f"answered {do} with what is not JSON: {line[:100]!r}") from None
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def line(self, do: str, limit_s: float) -> bytes:
        deadline = time.monotonic() + limit_s
        while b"\n" not in self.received:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                self.process.kill()
                raise Failed(f"{do} took longer than {limit_s:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise Failed(self.ending(do))
            self.received += part
        line, self.received = self.received.split(b"\n", 1)
        return line

    def ending(self, do: str) -> str:
        """How the process ended, with the error or else the last line it wrote."""
        status = self.process.wait()
        how = f"status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        told = next((line for line in lines if line.startswith("Error: ")), lines[-1] if lines else "")
        return f"ended with {how} during {do}" + (f": {told.removeprefix('Error: ')[:200]}" if told else "")
