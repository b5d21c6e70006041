"""What every rival offers to its worker process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Links of a node above level 0 (twice as many at level 0), and candidates while building.
M = 16
EF_CONSTRUCTION = 200

# Candidates while searching, of the graphs.
EF_VALUES = (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1024)


@dataclass(frozen=True)
class Vectors:
    """The first `count` rows of a file of f32 rows of unit length."""

    path: Path
    count: int
    dimension: int

    def load(self) -> np.ndarray:
        """The rows in memory: (count, dimension)."""
        rows = np.fromfile(self.path, dtype="<f4", count=self.count * self.dimension)
        return rows.reshape(self.count, self.dimension)


class Engine:
    """A rival. `build` and `save` run in one process, `open` and `search` in others."""

    # The distributed package, for its version.
    package = ""
    # What `search` is given as `effort`, from quick to thorough; one None for an exact search.
    efforts: tuple[int | None, ...] = EF_VALUES
    effort_name = "ef"
    # Whether `search` heeds its number of threads.
    threads = True
    # Whether queries go through Python one by one, for want of a call that takes many.
    one_by_one = False
    # Whether `open` needs the file of vectors besides the folder.
    reads_vectors = False

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        """Indexes the rows with one thread; the row number is the id."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Writes what was built. Nothing to do for an engine that builds in its folder."""

    def open(self, folder: Path, vectors: Vectors) -> None:
        """Makes what was saved ready to be searched."""
        raise NotImplementedError

    def tune(self, queries: np.ndarray) -> None:
        """Whatever else makes searching fast, after the first answer."""

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        """The ids found: (queries, k), nearest first; -1 where there are fewer."""
        raise NotImplementedError
