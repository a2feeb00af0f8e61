"""The actor of the portfolio stage."""

from typing import Final

from actors.broker import broker
from actors.portfolio.decide import cancel, decide, reject_unavailable
from actors.portfolio.ports import PortfolioPorts
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.roles import PORTFOLIO_WORKERS

TIME_LIMIT_MS: Final = 2_000


@broker.actor(
    queue_name=PORTFOLIO_WORKERS.name,
    topics=[RiskScreened.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_unavailable,
    keeps_decision=True,
)
async def judge_intent(event: Event[RiskScreened], ports: PortfolioPorts) -> list[AnyEvent]:
    """Judge a screened intent by its portfolio, unless it is to be cancelled."""
    cancellation = await ports.find_cancellation(event.correlation_id)
    if cancellation is not None:
        return cancel(event, cancellation, ports.now())
    return decide(event, await ports.read_inputs(event), ports.now())
