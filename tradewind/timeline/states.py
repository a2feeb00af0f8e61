"""Trading states and limits that were in force after an event of the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.risk_limits import RiskLimitsApplied
from tradewind.contracts.system.trading_states import TradingState
from tradewind.postgres import Connection
from tradewind.timeline.queries import QUERIES
from tradewind.trading.halts.records import KeptState

_STATES = QUERIES["select_states"]
_APPLIED = QUERIES["select_applied"]


class AppliedThen(NamedTuple):
    """The policy that was in force, and since which event."""

    global_seq: int
    recorded_at: datetime
    applied: RiskLimitsApplied


async def states_at(connection: Connection, sequence: int, now: datetime) -> Sequence[KeptState]:
    """Return the states that were in force, the worst first; `now` is when it was."""
    states = []
    for row in await connection.fetch(_STATES, sequence):
        changed = TradingStateChanged.model_validate_json(row["payload"])
        if changed.state is not TradingState.ACTIVE and not _is_over(changed.until, now):
            states.append(_kept(changed, row))
    return sorted(
        states,
        key=lambda one: (one.state is not TradingState.HALTED, one.scope.kind, one.scope.name),
    )


async def applied_at(connection: Connection, sequence: int) -> AppliedThen | None:
    """Return the policy that was in force; None while the settings alone limited."""
    row = await connection.fetchrow(_APPLIED, sequence)
    if row is None:
        return None
    applied = RiskLimitsApplied.model_validate_json(row["payload"])
    return AppliedThen(row["global_seq"], row["recorded_at"], applied)


def _is_over(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now


def _kept(changed: TradingStateChanged, row: Mapping[str, Any]) -> KeptState:
    return KeptState(
        changed.scope,
        changed.state,
        row["sequence"],
        changed.reason,
        changed.by,
        row["time"],
        changed.until,
        changed.needs_person,
        True,
    )
