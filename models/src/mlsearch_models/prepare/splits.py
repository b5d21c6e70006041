"""Which records are for training and which for development."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from .records import Record

SEED = b"mlsearch 1"
SHARE = 0.02  # of the keys of a source without a dev set of its own
SHARES = {"drcd": 0.05, "cmrc2018": 0.05, "piaf": 0.05, "norquad": 0.05, "jsquad": 0.05, "encyclopedia": 0.08}
MAX_DEV = 2000  # keys of a source


def place(key: str) -> float:
    """A number in [0, 1) that depends on the key and the seed only."""
    return int.from_bytes(blake2b(key.encode(), digest_size=7, key=SEED).digest(), "big") / 2**56


def assign(source: str, records: Iterable[Record]) -> None:
    """Sets the split of the records that have none, one source at a time.

    A key is dev where its place is below the share, so more data moves a key out of dev at most (by the cap).
    """
    undecided = [record for record in records if record.split is None]
    places = {key: place(key) for key in {record.split_key for record in undecided}}
    share = min(SHARES.get(source, SHARE), MAX_DEV / max(1, len(places)))
    for record in undecided:
        record.split = "dev" if places[record.split_key] < share else "train"
