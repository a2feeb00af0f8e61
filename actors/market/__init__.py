"""The market role publishes the state of pools in their bucket; prices are in `trading`."""

from actors.market.loop import run

__all__ = ["run"]
