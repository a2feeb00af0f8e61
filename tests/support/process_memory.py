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
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, rights, *rest = line.split()
            if "rw" not in rights or rest[-1].startswith(KERNEL_MAPPINGS):
                continue
            start, end = (int(part, 16) for part in addresses.split("-"))
            content = os.pread(memory.fileno(), end - start, start)
            found |= {text for text in texts if text.encode() in content}
    return found
