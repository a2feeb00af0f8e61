"""`tradewind replay`: prints a recorded history, event by event, and its folded documents."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import click

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, parse_correlation_id
from tradewind.errors import TradewindError
from tradewind.ledger.history.reader import MAX_HISTORY, LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.transfer.history_file import to_json_line
from tradewind.operations.cli.correlations import CORRELATION
from tradewind.operations.cli.tables import JSON_LINES_OPTION, print_table
from tradewind.operations.cli.times import show_time
from tradewind.postgres import open_pool
from tradewind.readmodels.models.intent_history import Folded, evolve
from tradewind.readmodels.models.transitions import find_next_states
from tradewind.settings import PostgresSettings, load

SHOWN_FIELDS: Final = (
    *("reason", "detail", "notional_usd", "amount_in", "amount_out", "nonce", "tx_hash"),
    *("block_number", "proof"),
)
MAX_SHOWN_CHARACTERS: Final = 60


class NoSuchHistory(TradewindError):
    """The ledger has no events of this correlation. Intent ids work too; see GET /intents."""

    code = "NO_SUCH_HISTORY"


@click.command()
@click.argument("correlation", type=CORRELATION)
@JSON_LINES_OPTION
def replay(correlation: str, as_json: bool) -> None:
    """Print the history of a correlation, given by its id or by an intent's.

    Every event is folded as for the read models; events that the lifecycles forbid are marked.
    """
    recorded = asyncio.run(load_history(correlation))
    if as_json:
        for one in recorded:
            click.echo(to_json_line(one))
        return
    click.echo(correlation)
    _print_history(recorded)
    click.echo(_outcome(recorded))


async def load_history(correlation: str) -> list[RecordedEvent]:
    """Return a correlation's whole history; NoSuchHistory when there is none."""
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        reader, recorded = LedgerReader(pool), list[RecordedEvent]()
        while page := await reader.history(correlation, len(recorded)):
            recorded += page
            if len(page) < MAX_HISTORY:
                break
    finally:
        await pool.close()
    if not recorded:
        raise NoSuchHistory(f"no history of {correlation}")
    return recorded


def _print_history(recorded: list[RecordedEvent]) -> None:
    first = recorded[0].event.timestamp
    folded = Folded("replay")
    # Nothing else has a lifecycle that could forbid an event.
    is_intents = parse_correlation_id(recorded[0].event.correlation_id)[0] is CorrelationKind.INTENT
    rows, illegal = [], []
    for number, one in enumerate(recorded):
        event, topic = one.event, one.event.topic
        if is_intents and find_next_states(folded.intent, folded.plan, event) is None:
            illegal.append(number)
            topic = f"{topic} (not allowed here)"
        folded = evolve(folded, event)
        after = _after(first, event.timestamp)
        rows.append((str(event.sequence), after, topic, event.producer, _describe(event)))
    headings = ("#", "after", "topic", "by", "what")
    print_table(headings, rows, right=("#", "after"), alarming=illegal)


def _after(first: datetime, moment: datetime) -> str:
    milliseconds = (moment - first).total_seconds() * 1_000
    return f"{milliseconds:,.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1_000:,.1f} s"


def _describe(event: AnyEvent) -> str:
    shown = (
        (name, getattr(event.payload, name))
        for name in SHOWN_FIELDS
        if hasattr(event.payload, name)
    )
    return ", ".join(f"{name} {_short(value)}" for name, value in shown if value not in ("", None))


def _short(value: Any) -> str:
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if len(text) > MAX_SHOWN_CHARACTERS:
        return f"{text[:10]}…{text[-6:]}"
    return text


def _outcome(recorded: list[RecordedEvent]) -> str:
    folded = Folded("replay")
    for one in recorded:
        folded = evolve(folded, one.event)
    last = recorded[-1]
    where = (
        f"recorded as {recorded[0].global_seq} to {last.global_seq}, {show_time(last.recorded_at)}"
    )
    if folded.intent is None:
        return f"{len(recorded)} events, {where}"
    intent = folded.intent
    illegal = f", {intent.illegal_events} not allowed" if intent.illegal_events else ""
    return f"{len(recorded)} events{illegal}: the intent is {intent.state.value}; {where}"
