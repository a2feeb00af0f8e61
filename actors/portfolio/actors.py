"""The actor of the portfolio stage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from actors.broker import broker
from actors.portfolio.decide import cancel, decide, reject_unavailable
from actors.portfolio.ports import PortfolioPorts
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.roles import PORTFOLIO_WORKERS
from tradewind.runtime.decisions import Decision

TIME_LIMIT_MS: Final = 2_000
"""Deciding may take 1.25 s."""


async def keep_ending(
    event: Event[RiskScreened], ending: Sequence[AnyEvent], ports: PortfolioPorts
) -> Decision:
    """Keep the end of an intent whose book could not be asked, where decisions are kept."""
    return await ports.book.end(event, ending)


@broker.actor(
    queue_name=PORTFOLIO_WORKERS.name,
    topics=[RiskScreened.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_unavailable,
    keep_ending=keep_ending,
    waits=True,
)
async def judge_intent(event: Event[RiskScreened], ports: PortfolioPorts) -> Decision:
    """Judge a screened intent by its portfolio, unless it is to be cancelled."""

    def judge(
        inputs: PortfolioInputs, now: datetime, cancellation: Cancellation | None
    ) -> Sequence[AnyEvent]:
        if cancellation is not None:
            return cancel(event, cancellation, now)
        return decide(event, inputs, now)

    return await ports.book.claim(event, judge, ports.now)
