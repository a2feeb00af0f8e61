"""Waits and answers in memory, as the gateway asks for them."""

from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from tests.support.factories import screened
from tradewind.contracts.envelope import next_events
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limits import PolicyReference, PortfolioInputs, PortfolioLimits
from tradewind.contracts.risk.payloads import RiskApprovalRequired
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.approvals.journal import Answered, WaitFilter
from tradewind.trading.approvals.records import Answering, Wait, answer_event, answer_of
from tradewind.trading.signal_approvals.records import SignalWait


def waiting(intent_id: str, at: datetime, strategy_id: str = "demo") -> Wait:
    """Return the wait of an intent that is worth 3,000 USD."""
    before = screened(1, at=at, strategy_id=strategy_id)
    payload = before.payload.model_copy(update={"intent_id": intent_id})
    required = RiskApprovalRequired(
        intent_id=intent_id,
        notional_usd=payload.notional_usd,
        threshold_usd=payload.notional_usd - 1,
        threshold_scope="defaults",
        expires_at=payload.expires_at,
        screened=payload,
        inputs=PortfolioInputs(
            policy=PolicyReference(version=7),
            limits=PortfolioLimits(),
            book=Book(version=0, as_of=0),
        ),
    )
    (event,) = next_events(before, [required], producer="portfolio", at=at)
    portfolio_id = before.key.portfolio
    body, until = event.to_bytes(), payload.expires_at
    return Wait(intent_id, portfolio_id, strategy_id, body, until, None, None, is_recorded=False)


def page_of_waits[W: (Wait, SignalWait)](
    waits: Mapping[str, W], before: str | None, limit: int, seen: WaitFilter
) -> list[W]:
    """Return what the statement about waits would, from those of a dictionary."""
    found = [
        one
        for name, one in sorted(waits.items(), reverse=True)
        if (before is None or name < before)
        and seen.portfolio_id in (None, one.portfolio_id)
        and _is_like(one.portfolio_id, seen.portfolios)
        and _is_like(one.strategy_id, seen.strategies)
    ]
    return found[:limit]


class MemoryApprovals:
    """Keeps the first answer to each intent that waits; an `error` is raised instead."""

    def __init__(self) -> None:
        self.waits: dict[str, Wait] = {}
        self.answers: dict[str, Answered] = {}
        self.error: Exception | None = None

    async def answer(self, answering: Answering, producer: str, at: datetime) -> Answered:
        if self.error is not None:
            raise self.error
        wait = self.waits.get(answering.intent_id)
        if wait is None:
            raise ApprovalNotAwaited(f"{answering.intent_id} waits for no approval")
        kept = self.answers.get(wait.intent_id)
        if kept is not None and not answering.is_that_of(kept.answer):
            raise ApprovalDecided(kept.answer)
        if kept is not None:
            return kept._replace(event=None)
        event = answer_event(wait, answering, producer, at)
        self.answers[wait.intent_id] = Answered(answer_of(event), event)
        return self.answers[wait.intent_id]

    async def waiting(self, before: str | None, limit: int, seen: WaitFilter) -> list[Wait]:
        if self.error is not None:
            raise self.error
        return page_of_waits(self.waits, before, limit, seen)


def _is_like(name: str, patterns: object) -> bool:
    if patterns is None:
        return True
    assert isinstance(patterns, list)
    return any(fnmatchcase(name, one.replace("%", "*").replace("\\_", "_")) for one in patterns)
