"""What every read model is: a document folded from history, gated by its version."""

from pydantic import Field

from tradewind.contracts.wire import Document


class ReadModel(Document):
    """Base of the documents folded from history."""

    incarnation: str
    """Which copy of the history this was folded from; a later one sorts after an earlier one."""
    version: int = Field(ge=1)
    """Grows with every event folded in; the newer document wins."""
