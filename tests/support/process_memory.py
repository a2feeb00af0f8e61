"""Looks for texts in the memory of a process."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

KERNEL_MAPPINGS: Final = ("[vvar", "[vsyscall]")


def found_in_memory(pid: int, texts: Collection[str]) -> set[str]:
    """Return those of the texts that lie in memory that the process can write."""
    found: set[str] = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _writable(pid):
            try:
                content = os.pread(memory.fileno(), end - start, start)
            except OSError:
                # The process goes on meanwhile, and may have given this memory back.
                if any(other <= start < until for other, until in _writable(pid)):
                    raise
                continue
            found |= {text for text in texts if text.encode() in content}
    return found


def _writable(pid: int) -> list[tuple[int, int]]:
    """Return from where to where, not including the end, the process may write."""
    mappings = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, rights, *rest = line.split()
        if "rw" in rights and not rest[-1].startswith(KERNEL_MAPPINGS):
            start, end = addresses.split("-")
            mappings.append((int(start, 16), int(end, 16)))
    return mappings
