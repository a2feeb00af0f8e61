"""Asks risk, portfolio and planner what would become of an intent, without submitting it."""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from pydantic import ValidationError

from gateway.errors import PreviewUnavailable
from gateway.submission.intents import ENTROPY_BYTES, submitted_event
from gateway.submission.validation import parse_intent
from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.intents.preview import (
    PlanPreview,
    PortfolioAnswer,
    PortfolioPreview,
    RiskAnswer,
    RiskPreview,
)
from tradewind.contracts.streams import PLAN_PREVIEWS, PORTFOLIO_PREVIEWS, RISK_PREVIEWS
from tradewind.contracts.wire import Document
from tradewind.errors import TransientError
from tradewind.runtime import clock
from tradewind.trading.submission.events import NO_PORTFOLIOS
from tradewind.trading.submission.portfolios import StrategyPortfolios
from tradewind.trading.tokens import TokenRegistry

MAX_AT_ONCE: Final = 16
"""Roles decide about submitted intents in the same processes, and those come first."""


class IntentPreview(Document):
    """What would become of an intent if it were submitted now."""

    would_execute: bool
    """Whether both stages of risk would approve it and the planner have a plan for it."""
    risk: RiskPreview
    portfolio: PortfolioPreview | None = None
    """None where the first stage would reject it: then its portfolio is not asked."""
    plan: PlanPreview | None = None
    """None where a stage of risk would reject it, or a person has to approve it: nobody plans."""


class Asker(Protocol):
    """Asks a role; NotAnswered when it does not answer in time."""

    async def ask(self, subject: str, question: bytes) -> bytes: ...


class IntentPreviewer:
    """Has intents judged and planned by the roles that would do it, which keep nothing of it.

    The question is the event as it would be published. It is published nowhere, and its id is never
    seen again.
    """

    def __init__(
        self,
        registry: TokenRegistry,
        asker: Asker,
        *,
        portfolios: StrategyPortfolios = NO_PORTFOLIOS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._registry = registry
        self._asker = asker
        self._portfolios = portfolios
        self._now = now
        self._free = asyncio.Semaphore(MAX_AT_ONCE)

    def draft(self, body: bytes) -> Event[IntentSubmitted]:
        """Return what would be published of a body; it raises what a submission does."""
        return submitted_event(
            parse_intent(body, self._registry),
            at=self._now(),
            entropy=os.urandom(ENTROPY_BYTES),
            portfolios=self._portfolios,
        )

    async def preview(self, draft: Event[IntentSubmitted]) -> IntentPreview:
        """Return what these roles say; PreviewUnavailable when one of them does not."""
        if self._free.locked():
            raise PreviewUnavailable("too many at once")
        async with self._free:
            try:
                return await self._ask(draft)
            except (TransientError, ValidationError) as error:
                raise PreviewUnavailable(type(error).__name__) from error

    async def _ask(self, draft: Event[IntentSubmitted]) -> IntentPreview:
        risk = RiskAnswer.model_validate_json(
            await self._asker.ask(RISK_PREVIEWS, draft.to_bytes())
        )
        if risk.screened is None:
            return IntentPreview(would_execute=False, risk=risk.preview)
        portfolio = PortfolioAnswer.model_validate_json(
            await self._asker.ask(PORTFOLIO_PREVIEWS, risk.screened.encode())
        )
        told = IntentPreview(would_execute=False, risk=risk.preview, portfolio=portfolio.preview)
        if portfolio.accepted is None:
            return told
        plan = PlanPreview.model_validate_json(
            await self._asker.ask(PLAN_PREVIEWS, portfolio.accepted.encode())
        )
        is_planned = plan.verdict == "planned"
        return told.model_copy(update={"would_execute": is_planned, "plan": plan})
