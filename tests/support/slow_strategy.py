"""A strategy that says when it has begun, and waits until it may go on."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.simulation.strategies import loading

NAME = "slow"
POLL_SECONDS = 0.02


def signals(candles: Any, *, folder: str) -> Any:
    """Buy and sell in turns; it may make folders in its process, and no files."""
    with suppress(FileExistsError):
        (Path(folder) / "begun").mkdir()
    while not (Path(folder) / "go").exists():
        time.sleep(POLL_SECONDS)
    indices = np.arange(0, len(candles), 50)
    return indices, np.where(np.arange(len(indices)) % 2, -1, 1), None


def main() -> None:
    """Serve as the process of slices does, with this strategy installed."""
    loading.BUILT_IN[NAME] = f"{__name__}:signals"
    from actors.slice_process.child import main as serve

    serve()
