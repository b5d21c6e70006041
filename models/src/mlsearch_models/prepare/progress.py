"""Progress lines on stderr."""

from __future__ import annotations

import sys
import time

START = time.monotonic()


def note(message: str) -> None:
    """Prints one line with the seconds since the start."""
    print(f"[{time.monotonic() - START:6.1f} s] {message}", file=sys.stderr, flush=True)
