"""What a process says of itself every few seconds. It is no event: nothing keeps it."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.wire import Document

MAX_LOOPS: Final = 200
MAX_NAME_LENGTH: Final = 200

type Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]


class LoopReport(Document):
    """How long before the report a lasting loop was last alive, in milliseconds."""

    loop: Name
    silent_ms: Annotated[int, Field(ge=0)]
    is_stalled: bool


class ProcessReport(Document):
    """One process of a role, and its loops."""

    process: Name
    """Host, process id and a random part, so that a process that is started again is another."""
    loops: Annotated[tuple[LoopReport, ...], Field(max_length=MAX_LOOPS)]
    is_ended: bool = False
    """Whether it ends as it was told to, so that nobody waits for its next report."""
