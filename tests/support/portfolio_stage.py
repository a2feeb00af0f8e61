"""The portfolio stage without a database, for tests of what comes before and after it."""

from collections.abc import Callable
from datetime import datetime

from actors.portfolio.actors import judge_intent
from actors.portfolio.ports import PortfolioPorts
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.ledger.cancellations import FindCancellation, nothing_cancelled
from tradewind.trading.book.memory import MemoryBook


def portfolio_ports(
    now: Callable[[], datetime], find_cancellation: FindCancellation = nothing_cancelled
) -> PortfolioPorts:
    """Return the ports of a stage on which no portfolio has limits or a book."""
    return PortfolioPorts(now, MemoryBook(find_cancellation))


async def judged(screened: AnyEvent, ports: PortfolioPorts) -> list[AnyEvent]:
    """Return what the stage decides about an intent, read from the bytes it publishes."""
    return [parse_event(one.data) for one in await judge_intent(screened, ports)]
