"""What the portfolio would say of an intent that nobody submitted: decided as any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from actors.portfolio import ports as role_ports
from actors.portfolio.decide import decide
from actors.portfolio.ports import PortfolioPorts
from actors.portfolio.settings import PortfolioSettings
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.intents.preview import PortfolioAnswer, PortfolioPreview
from tradewind.contracts.risk.payloads import (
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)
from tradewind.contracts.streams import PORTFOLIO_PREVIEWS
from tradewind.runtime import NatsConnection
from tradewind.runtime.queries import TooLate, answering


@asynccontextmanager
async def open_ports(
    settings: PortfolioSettings, connection: NatsConnection
) -> AsyncIterator[PortfolioPorts]:
    """Open the ports of the role, and answer who asks for a preview while it runs."""
    async with (
        role_ports.open_ports(settings, connection) as ports,
        answering(connection, PORTFOLIO_PREVIEWS, partial(answer, ports=ports)),
    ):
        yield ports


async def answer(question: bytes, ports: PortfolioPorts) -> bytes:
    """Return the PortfolioAnswer to a `risk.screened`, as JSON."""
    return (await preview(question, ports)).model_dump_json().encode()


async def preview(question: bytes, ports: PortfolioPorts) -> PortfolioAnswer:
    """Return the verdict on a `risk.screened` with the book as it stands; nothing is claimed."""
    event = parse_event(question)
    assert isinstance(event.payload, RiskScreened)
    now = ports.now()
    decided = decide(event, await ports.book.read_inputs(event, now), now)
    said, last = decided[0].payload, decided[-1]
    if isinstance(said, RiskRejected):
        refused = PortfolioPreview(
            verdict="rejected", reason=said.reason, detail=said.detail, checks=said.checks or ()
        )
        return PortfolioAnswer(preview=refused)
    if isinstance(said, RiskApprovalRequired):
        waits = PortfolioPreview(
            verdict="approval_required",
            detail=f"it is worth {said.notional_usd:f} USD, and above {said.threshold_usd:f} USD "
            "a person has to approve it",
            checks=said.checks,
        )
        return PortfolioAnswer(preview=waits)
    if not (isinstance(said, RiskApproved) and isinstance(last.payload, IntentAccepted)):
        raise TooLate("the time window closed before its portfolio looked at it")
    approved = PortfolioPreview(verdict="approved", checks=said.checks or ())
    return PortfolioAnswer(preview=approved, accepted=last.to_bytes().decode())
