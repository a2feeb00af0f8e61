"""The treasury compares wallets with the chain; it holds no key and sends no transaction."""

from actors.treasury.loop import run

__all__ = ["run"]
