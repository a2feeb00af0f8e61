"""Makes the event history of a trade, when somebody asks for it.

The decisions are those of the cores that the roles call. What the roles do beyond is to put them
into payloads, and as neither this room nor the gateway may import a role, that is done here once
more: a test runs the roles' own functions on the same inputs and holds every payload equal.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.model import BACKTEST_PRODUCER, Manifest
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.subjects import risk_key
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.records import TradeRecord
from tradewind.simulation.sampling import NO_SHAPES, again
from tradewind.simulation.told.execution import execution_of, plan_of, unavailable
from tradewind.simulation.told.risk import plan_rejected, rejected, screened_of
from tradewind.simulation.trading.behaviour import STRATEGY, Behaviour, intent_id_of
from tradewind.simulation.trading.limit_prices import LIMIT_PRICE
from tradewind.trading.marketdata.intervals import from_milliseconds

TIME_WINDOW_SECONDS: Final = 86_400
INSTRUMENT_STAGE: Final = frozenset(
    {
        RiskRejectionReason.NOTIONAL_MINIMUM,
        RiskRejectionReason.NOTIONAL_LIMIT,
        RiskRejectionReason.SLIPPAGE_LIMIT,
    }
)
"""Reasons of the stage that does not know the portfolio."""


def events_of(
    run_id: str,
    manifest: Manifest,
    record: TradeRecord,
    shapes: Mapping[str, PoolObserved] = NO_SHAPES,
) -> list[AnyEvent]:
    """Return the envelopes of a trade, from intent.submitted to its end, under `intent-<derived>`.

    Their producer is `backtest`, so no ledger takes them, and the portfolio of their key is the
    run's. `shapes` are those of a shaped or recorded market, by content id; ShapeMissing names one
    that is not among them. An order that had nothing to trade with, or no plan within its limit
    price, has no events: it was no intent.
    """
    if record.amount <= 0 or record.reason == LIMIT_PRICE:
        return []
    name = manifest_sha256(manifest)
    intent_id = intent_id_of(name, record.number, record.decided_ms)
    intent = _intent(manifest, record)
    decided_at = from_milliseconds(record.decided_ms)
    expires_at = decided_at + timedelta(seconds=TIME_WINDOW_SECONDS)
    first = first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=expires_at),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=risk_key(intent.instrument, f"{STRATEGY}-{run_id}"),
        producer=BACKTEST_PRODUCER,
        at=decided_at,
    )
    if record.outcome is Outcome.REFUSED and record.reason in INSTRUMENT_STAGE:
        return [first, *_then(first, [rejected(manifest, first, record)])]
    screened = screened_of(manifest, first, record)
    if record.outcome is Outcome.REFUSED and record.reason in set(RiskRejectionReason):
        return [first, *_then(first, [screened, rejected(manifest, first, record)])]
    before = _then(first, [screened, *_approved(screened)])
    if record.outcome is Outcome.REFUSED and record.reason in set(PlanRejectionReason):
        return [first, *before, *_then(before[-1], [plan_rejected(first, record)])]
    return [first, *before, *_executed(manifest, record, before, shapes)]


def _approved(screened: RiskScreened) -> tuple[RiskApproved, IntentAccepted]:
    """Return what the portfolio stage says of an intent that it lets through."""
    approved = RiskApproved(
        intent_id=screened.intent_id,
        notional_usd=screened.notional_usd,
        price_usd=screened.price_usd,
        price_block_number=screened.price_block_number,
        max_notional_usd=screened.max_notional_usd,
        max_slippage_limit=screened.max_slippage_limit,
        checks=(),
    )
    accepted = IntentAccepted(
        intent_id=screened.intent_id,
        intent=screened.intent,
        expires_at=screened.expires_at,
        notional_usd=screened.notional_usd,
        priority=screened.priority,
    )
    return approved, accepted


def _executed(
    manifest: Manifest,
    record: TradeRecord,
    before: Sequence[AnyEvent],
    shapes: Mapping[str, PoolObserved],
) -> list[AnyEvent]:
    """Return the plan and what became of it."""
    run = manifest.run
    behaviour = Behaviour(manifest_sha256(manifest), run.seed, run.execution)
    found = again(manifest, record, behaviour, shapes)
    _, approved, accepted = before
    (planned,) = _then(accepted, [plan_of(manifest, accepted, record, found)])
    if record.outcome is Outcome.REFUSED:
        return [planned, *_then(planned, [unavailable(planned)])]
    tx_hash = behaviour.tx_hash(record.number, record.decided_ms)
    made = [planned]
    for payloads, moment_ms in execution_of(manifest, planned, approved, record, found, tx_hash):
        made += _then(made[-1], payloads, moment_ms)
    return made


def _then(
    cause: AnyEvent, payloads: Sequence[Payload], moment_ms: int | None = None
) -> list[AnyEvent]:
    at = cause.timestamp if moment_ms is None else from_milliseconds(moment_ms)
    return next_events(cause, payloads, producer=BACKTEST_PRODUCER, at=at)


def _intent(manifest: Manifest, record: TradeRecord) -> Intent:
    base, quote = record.pair.base, record.pair.quote
    slippage = manifest.run.execution.max_slippage if record.slippage is None else record.slippage
    return Intent(
        strategy_id=STRATEGY,
        intent_type=record.side,
        assets=(base, quote),
        amount=from_base_units(record.amount, base.decimals),
        constraints=IntentConstraints(max_slippage=slippage, time_window=TIME_WINDOW_SECONDS),
    )
