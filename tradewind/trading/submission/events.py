"""Makes `intent.submitted`, the event that opens an intent's history."""

from datetime import datetime, timedelta
from typing import Final

from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.subjects import risk_key
from tradewind.trading.submission.portfolios import StrategyPortfolios

NO_PORTFOLIOS: Final = StrategyPortfolios()


def submission_of(intent: Intent, intent_id: str, at: datetime) -> IntentSubmitted:
    """Return what is submitted at a time: the intent expires when its time window closes."""
    window = timedelta(seconds=intent.constraints.time_window)
    return IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=at + window)


def submitted_event(
    submission: IntentSubmitted,
    *,
    producer: str,
    at: datetime,
    portfolios: StrategyPortfolios = NO_PORTFOLIOS,
    causation_id: str | None = None,
) -> Event[IntentSubmitted]:
    """Return the event that opens an intent's history.

    The portfolio stands in its key alone: the intent stays what was asked for. `causation_id` is
    the id of the event of another history that it follows from.
    """
    intent = submission.intent
    return first_event(
        submission,
        correlation_id=make_correlation_id(CorrelationKind.INTENT, submission.intent_id),
        key=risk_key(intent.instrument, portfolios.portfolio_of(intent)),
        producer=producer,
        at=at,
        causation_id=causation_id,
    )
