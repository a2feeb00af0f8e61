"""The feeds role keeps what a provider says of perpetuals in their bucket: one feed a platform."""

from actors.feeds.loop import run

__all__ = ["run"]
