"""The recorder keeps ticks and makes candles of them."""

from actors.recorder.loop import run

__all__ = ["run"]
