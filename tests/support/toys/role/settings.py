"""Settings of the toy role."""

from tradewind.settings import OwnedSettings


class ToySettings(OwnedSettings):
    """The toy role."""

    toy_greeting: str = "hello"
    """What an answer begins with."""
