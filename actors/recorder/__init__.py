"""The recorder keeps ticks and makes candles of them, for whoever wants to know what prices were."""

from actors.recorder.loop import run

__all__ = ["run"]
