"""A book in memory: for the broker in memory, for previews without a database, and for tests."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limits import PolicyReference, PortfolioInputs, PortfolioLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.runtime.decisions import Decision, decision_of
from tradewind.trading.book.seams import Judge

type FindCancellation = Callable[[str], Awaitable[Cancellation | None]]
"""Returns the request to cancel the intent with this correlation, or None while there is none."""


async def _nothing_cancelled(_: str) -> None: ...


class MemoryBook:
    """Keeps decisions and claims nothing: each portfolio is new and without limits."""

    def __init__(self, find_cancellation: FindCancellation = _nothing_cancelled) -> None:
        self._find_cancellation = find_cancellation
        self._decisions: dict[str, Decision] = {}

    async def claim(
        self, event: Event[RiskScreened], judge: Judge, now: Callable[[], datetime]
    ) -> Decision:
        """Return the decision about an intent: what was decided before, or what `judge` decides."""
        at, cancellation = now(), await self._find_cancellation(event.correlation_id)
        return await self.end(event, judge(await self.read_inputs(event, at), at, cancellation))

    async def end(self, event: Event[RiskScreened], ending: Sequence[AnyEvent]) -> Decision:
        """Return the decision about an intent: what was decided before, or this end of it."""
        return self._decisions.setdefault(event.payload.intent_id, decision_of(ending))

    async def read_inputs(self, _: Event[RiskScreened], __: datetime) -> PortfolioInputs:
        """Return the inputs of a portfolio without a book and without limits."""
        return PortfolioInputs(
            policy=PolicyReference(version=0),
            limits=PortfolioLimits(),
            book=Book(version=0, as_of=0),
        )
