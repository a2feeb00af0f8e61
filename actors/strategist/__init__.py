"""The strategist runs installed strategies on closed candles, and submits what they say."""

from actors.strategist.loop import run

__all__ = ["run"]
