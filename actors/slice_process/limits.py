"""What a slice may take."""

from typing import Final

MEMORY_BYTES: Final = 2 * 1024**3
"""Address space of the process."""
MEMORY_TEXT: Final = "2 GiB"
SLICE_CPU_SECONDS: Final = 120
MAX_OPEN_FILES: Final = 64
