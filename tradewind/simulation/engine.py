"""The engine's version, which is part of every manifest."""

from typing import Final

ENGINE: Final = "simulation@1"
"""It changes whenever the same run would have another result."""
