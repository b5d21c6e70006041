"""Sizes of folders, and getting their files out of the page cache."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path


def files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]


def disk_bytes(path: Path) -> int:
    """What the files of a folder take on disk: sparse files count what is allocated."""
    return sum(min(file.stat().st_size, file.stat().st_blocks * 512) for file in files_of(path))


def read_once(paths: list[Path]) -> None:
    """Brings files into the page cache."""
    for path in paths:
        for file in files_of(path):
            with open(file, "rb", buffering=0) as opened:
                while opened.read(1 << 22):
                    pass


def evict(paths: list[Path]) -> float:
    """Asks the system to forget files, and returns the share of their pages that stayed in memory."""
    stayed = pages = 0
    for path in paths:
        for file in files_of(path):
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                here, of = cached_pages(descriptor)
            finally:
                os.close(descriptor)
            stayed, pages = stayed + here, pages + of
    return stayed / pages if pages else 0.0


def cached_pages(descriptor: int) -> tuple[int, int]:
    """How many pages of a file are in memory, and how many it has."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return 0, 0
    pages = -(-size // mmap.PAGESIZE)
    marks = (ctypes.c_ubyte * pages)()
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    address = system.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address == ctypes.c_void_p(-1).value:
        return 0, pages
    try:
        if system.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), marks) != 0:
            return 0, pages
        return sum(mark & 1 for mark in marks), pages
    finally:
        system.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size))
