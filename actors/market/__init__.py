"""Market: keeps the snapshot bucket equal to the pools, simulated or on a chain."""

from actors.market.loop import run

__all__ = ["run"]
