"""Says in a line what an event of the platform itself tells: of limits, states, pairs, wallets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from tradewind.contracts.instruments.payloads import InstrumentRegistered, InstrumentUpdated
from tradewind.contracts.instruments.registry import Instrument
from tradewind.contracts.portfolio.closing import PortfolioCloseRequested
from tradewind.contracts.portfolio.payloads import (
    PortfolioFunded,
    PortfolioOpened,
    PortfolioUpdated,
)
from tradewind.contracts.system.payloads import (
    DeadLetterResolved,
    DeadLetterRetried,
    TradingStateChanged,
)
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.contracts.wallets.payloads import (
    WalletReconciled,
    WalletReconcileRequested,
    WalletRegistered,
    WalletResumed,
    WalletTransactionSettled,
)
from tradewind.trading.policy.changes import limits_of

SHOWN_PARTS: Final = 5
"""How many of several things a line names; it counts the others."""
NO_BOUNDS: Final = {"version", "status", "key", "base", "quote"}


def describe_platform(payload: Any) -> str | None:
    """Return what an event of the platform says beside its topic; None for any other event."""
    match payload:
        case RiskLimitsApplied() | RiskLimitsDefined() | TradingStateChanged():
            return _rules(payload)
        case InstrumentRegistered(instrument=instrument, registered_by=by):
            return f"{_instrument(instrument)}{'' if by is None else f', by {by}'}"
        case InstrumentUpdated(instrument=instrument, changed_by=by):
            return f"version {instrument.version}, by {by}: {_instrument(instrument)}"
        case PortfolioOpened() | PortfolioUpdated() | PortfolioFunded() | PortfolioCloseRequested():
            return _portfolio(payload)
        case DeadLetterRetried(dead_letter_id=name, requested_by=by, note=note):
            asked = "" if by is None else f", as {by} asked"
            return f"{name} is sent again{asked}{'' if note is None else f': {note}'}"
        case DeadLetterResolved(dead_letter_id=name, note=note):
            return f"{name} is closed: {note}"
    return _wallet(payload)


def _rules(payload: RiskLimitsApplied | RiskLimitsDefined | TradingStateChanged) -> str:
    match payload:
        case RiskLimitsApplied():
            changed = _some(payload.changes) or "what it changed is not recorded"
            looser = f"; it lets more through: {_some(payload.loosened)}"
            return (
                f"version {payload.policy.version} is in force, by {payload.applied_by}: {changed}"
                f"{looser if payload.loosened else ''}"
            )
        case RiskLimitsDefined(limits=limits):
            said = limits_of(limits)
            return _some(said) or "nothing is limited"
        case TradingStateChanged():
            until = f" until {_time(payload.until)}" if payload.until is not None else ""
            person = ", until a person resumes it" if payload.needs_person else ""
            return (
                f"{payload.scope} is {payload.state}{until}{person}, by {payload.by}: "
                f"{payload.reason}"
            )


def _instrument(instrument: Instrument) -> str:
    said = instrument.model_dump(mode="json", exclude=NO_BOUNDS)
    bounds = [
        f"{name} {'/'.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in said.items()
    ]
    return ", ".join([f"{instrument.key} is {instrument.status}", *bounds])


def _portfolio(
    payload: PortfolioOpened | PortfolioUpdated | PortfolioFunded | PortfolioCloseRequested,
) -> str:
    match payload:
        case PortfolioFunded(direction=direction):
            moved = f"{payload.amount:f} {payload.token.symbol}"
            verb = "given to" if direction == "in" else "taken from"
            note = f": {payload.note}" if payload.note else ""
            return f"{moved} {verb} {payload.portfolio_id}, by {payload.requested_by}{note}"
        case PortfolioCloseRequested():
            sales = [
                f"{one.amount.normalize():f} {one.base.symbol} for {one.quote.symbol}"
                for one in payload.sales
            ]
            left = f", {len(payload.left_out)} left out" if payload.left_out else ""
            by = f", by {payload.requested_by}"
            return f"{payload.portfolio_id} sells {_some(sales) or 'nothing'}{left}{by}"
        case PortfolioOpened() | PortfolioUpdated():
            figures = payload.figures
            equity = "unknown" if figures.equity is None else f"{figures.equity:,.2f} USD"
            state = "" if payload.state == "active" else f", {payload.state}"
            return (
                f"{payload.portfolio_id} at event {payload.as_of}: equity {equity}, cash "
                f"{figures.cash:,.2f} USD, {figures.reserved:,.2f} USD reserved{state}"
            )


def _wallet(payload: Any) -> str | None:
    match payload:
        case WalletRegistered():
            held = [one.currency for one in payload.balances]
            return (
                f"{payload.name} on chain {payload.chain_id} from block {payload.block_number} on, "
                f"with {_some(held) or 'nothing'}"
            )
        case WalletTransactionSettled(outcome=outcome):
            reason = f": {payload.reason}" if payload.reason else ""
            transaction = "" if payload.tx_hash is None else f", transaction {payload.tx_hash}"
            word = outcome.replace("_", " ")
            return f"{payload.purpose} {word}, nonce {payload.nonce}{transaction}{reason}"
        case WalletReconcileRequested(requested_by=by, threshold=threshold):
            return f"drifts beyond {threshold:f} tokens, as {by} asked"
        case WalletReconciled(report=report):
            frozen = [one.name for one in report.wallets if one.frozen]
            return (
                f"{_count(report.total_wallets, 'wallet')}, "
                f"{_count(report.drifts_detected, 'drift')}, "
                f"{report.drifts_exceeding_threshold} beyond the threshold"
                f"{f', frozen: {_some(frozen)}' if frozen else ''}"
            )
        case WalletResumed(wallet_id=wallet_id, resumed_by=by, note=note):
            return f"{wallet_id} signs again, by {by}: {note}"
    return None


def _some(parts: Sequence[object]) -> str:
    """Return the first of some things in words, and how many others there are."""
    shown = ", ".join(map(str, parts[:SHOWN_PARTS]))
    others = len(parts) - SHOWN_PARTS
    return f"{shown} and {others} more" if others > 0 else shown


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
