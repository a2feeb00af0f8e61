"""Holds everything Tradewind's processes share; the roles themselves are in `actors`, `gateway`."""

from pathlib import Path
from typing import Final

from tradewind import lean_imports

lean_imports.install()

__version__ = "0.1.0"

CHECKOUT: Final = Path(__file__).parent.parent
"""The source checkout this package runs from; migrations, documents and compose files are in it."""
