"""Changes trading states, each in one transaction with its event."""

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.envelope import Event
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.trading_states import TradingState
from tradewind.failpoints import failpoint
from tradewind.postgres import Connection
from tradewind.trading.halts.errors import StateChanged
from tradewind.trading.halts.gate import close_gate
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.records import KeptState, StateChange, event_of

_LOOK: Final = QUERIES["select_state"]
_LOCK: Final = QUERIES["lock_state"]
_TIME: Final = QUERIES["select_time"]
_WRITE: Final = QUERIES["write_state"]
_KEEP: Final = QUERIES["keep_event"]

CHANGED: Final = "states.changed"
FAILPOINTS: Final = (CHANGED,)


class Changed(NamedTuple):
    """The state that is in force after a change."""

    state: KeptState
    event: Event[TradingStateChanged] | None
    """What to publish; None where nothing had to be changed."""


async def change_state(
    connection: Connection,
    change: StateChange,
    producer: str,
    *,
    expected_version: int | None = None,
    only_tightens: bool = False,
) -> Changed:
    """Put a state into force with the commit of the caller's transaction, and keep its event.

    What is there already is not changed again. Raises StateChanged when the version is not the
    expected one (0: the scope never had a state), StateLoosened when it `only_tightens`, and
    InvalidChange. The caller must not hold the gate, and does nothing slow after this.
    """
    kept, now = await _closed(connection, change)
    version = 0 if kept is None else kept.version
    if expected_version not in (None, version):
        raise StateChanged(f"{change.scope} has version {version}, not {expected_version}")
    if kept is None and change.state is TradingState.ACTIVE:
        # It is active as it is: an event would say that somebody had resumed something.
        return Changed(KeptState.never(change, now), None)
    if kept is not None:
        if kept.equals(change):
            return Changed(kept, None)
        if only_tightens:
            kept.check_tightened_by(change)
    return await _write(connection, change, kept, producer, now)


async def tighten_state(connection: Connection, change: StateChange, producer: str) -> Changed:
    """Put a state into force in addition to the one that is; what rules do that find a loss.

    What either forbids is forbidden, for as long as either forbids it.
    """
    # Whoever finds a loss finds it again at every look, and mostly has nothing to do.
    row = await connection.fetchrow(_LOOK, str(change.scope.kind), change.scope.name)
    if row is not None and KeptState.of(row).tightened_by(change) is None:
        return Changed(KeptState.of(row), None)
    kept, now = await _closed(connection, change)
    if kept is None:
        return await _write(connection, change, kept, producer, now)
    tightened = kept.tightened_by(change)
    if tightened is None:
        return Changed(kept, None)
    return await _write(connection, tightened, kept, producer, now)


async def _closed(connection: Connection, change: StateChange) -> tuple[KeptState | None, datetime]:
    await close_gate(connection)
    row = await connection.fetchrow(_LOCK, str(change.scope.kind), change.scope.name)
    now: datetime = await connection.fetchval(_TIME)
    change.check(now)
    return (None if row is None else KeptState.of(row)), now


async def _write(
    connection: Connection,
    change: StateChange,
    kept: KeptState | None,
    producer: str,
    now: datetime,
) -> Changed:
    event = event_of(change, kept, producer, now)
    body, state = event.to_bytes(), KeptState.of_event(event)
    await connection.execute(_WRITE, *state.row)
    digest = hashlib.sha256(body).digest()
    await connection.execute(
        _KEEP, event.event_id, event.correlation_id, event.subject, body, digest
    )
    failpoint(CHANGED)
    return Changed(state, event)
