"""The steps of a wait for a person: an answer, what ends the wait, and telling that."""

from collections.abc import Iterator

from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.state import WAIT_ENDS, Row, State

type Step = tuple[str, State]


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Return what may happen to the intents that wait."""
    for intent, row in enumerate(state.database.rows):
        if row.kept == "w":
            yield from _answer(state, intent, row)
            yield from _end(state, intent, row, has)
            yield from _tell(state, intent, row, has)


def _answer(state: State, intent: int, row: Row) -> Iterator[Step]:
    """The first answer stands."""
    if not row.answer and not row.end:
        for answer in WAIT_ENDS:
            answered = state.database.with_row(intent, row._replace(answer=answer))
            yield f"{intent} is answered {answer}", state._replace(database=answered)


def _end(state: State, intent: int, row: Row, has: Protections) -> Iterator[Step]:
    """A process ends the wait in one transaction: by the answer, or by the deadline."""
    database = state.database
    is_proven = any(one.is_proven for one in state.workers) or not has.wait_fenced
    if not is_proven or (row.end and has.wait_ended_once) or database.wait_end(intent):
        return
    if row.status != "c" and has.wait_claims:
        return
    for end in {row.answer or "n", "n"}:
        status = row.status if end == "n" else "c"
        ended = database.with_row(intent, row._replace(status=status, end=end))
        if has.wait_told:
            yield f"{intent} ends {end}", state._replace(database=ended)
            continue
        told = _told(state._replace(database=ended), intent, end)
        yield f"{intent} ends {end} and is told", told
        if state.faults.crashes:
            yield f"{intent} ends {end} and nobody hears", state._replace(database=ended)


def _tell(state: State, intent: int, row: Row, has: Protections) -> Iterator[Step]:
    is_recorded = bool(state.database.wait_end(intent))
    if has.wait_told and row.end and not is_recorded and (row.end, intent) not in state.stream:
        yield f"{intent} is told {row.end}", _told(state, intent, row.end)


def _told(state: State, intent: int, end: str) -> State:
    """The wait is told with its end: a process may have died before it told the wait."""
    events = {("w", intent), (end, intent)}
    return state._replace(stream=state.stream | events, said=state.said | events)
