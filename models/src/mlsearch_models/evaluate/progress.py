"""How far a long encoding is, on standard error."""

from __future__ import annotations

import sys
import time

INTERVAL = 5.0  # seconds between two lines


class Progress:
    """Counts texts and characters; characters tell the time left, because texts come sorted by length."""

    def __init__(self, what: str, texts: int, characters: int):
        self.what, self.texts, self.characters = what, texts, max(characters, 1)
        self.done_texts = self.done_characters = 0
        self.start = self.told = time.monotonic()

    def add(self, texts: int, characters: int) -> None:
        self.done_texts += texts
        self.done_characters += characters
        now = time.monotonic()
        if now - self.told < INTERVAL:
            return
        self.told = now
        elapsed = now - self.start
        left = elapsed * (self.characters / max(self.done_characters, 1) - 1)
        rate = self.done_texts / elapsed
        line = f"{self.what}: {self.done_texts} of {self.texts} texts, {rate:.0f} a second, {clock(left)} left"
        print(line, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Minutes and seconds, such as `3:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
