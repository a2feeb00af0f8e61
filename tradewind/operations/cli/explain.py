"""`tradewind explain`: tells what became of an intent, hop by hop, and what was read for it."""

import asyncio
import json
from typing import Any, Final

import click

from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.identifiers import Identifiers, is_identifier
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.cli.explanation import Explanation, Hop, Told, explain_graph
from tradewind.operations.cli.otlp_document import to_otlp
from tradewind.operations.cli.replay import NoSuchHistory
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.waterfall import print_explanation
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load

EXAMPLES: Final = (
    "the id of an intent, a plan or an event, a correlation such as "
    "intent-01M8G5E8C33SMXKYM4C561G409, or a transaction's hash"
)
DECIMALS: Final = 3


class Identifier(click.ParamType[str]):
    """An id of something that a history tells of."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error says which ids there are."""
        if not is_identifier(value):
            self.fail(f"{value!r} is not {EXAMPLES}", param, ctx)
        return str(value)


@click.command()
@click.argument("identifier", type=Identifier(), metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--otlp", "as_otlp", is_flag=True, help="Print an OpenTelemetry trace as JSON.")
def explain(identifier: str, as_json: bool, as_otlp: bool) -> None:
    """Show what happened to an intent, and in the histories it is connected with.

    ID is that of an intent, a plan, an event, a correlation or a transaction. Every event is shown
    with its time since the first, how long after its cause it came, and what the decision that led
    to it read: prices, blocks and limits.

    A trace (--otlp) is what a collector takes at /v1/traces, with the ids that tracing gives its
    spans while they happen.
    """
    explanation = asyncio.run(load_explanation(identifier))
    if as_otlp:
        click.echo(json.dumps(to_otlp(explanation)))
    elif as_json:
        click.echo(json.dumps(to_document(explanation), indent=2))
    else:
        print_explanation(explanation)


async def load_explanation(identifier: str) -> Explanation:
    """Return what the ledger tells; NoSuchHistory when it has nothing of this id."""
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        correlation_id = await Identifiers(pool).correlation_of(identifier)
        graph = correlation_id and await CorrelationGraphs(pool).graph(correlation_id)
        if not graph:
            raise NoSuchHistory(f"nothing is recorded of {identifier}")
        names = dict.fromkeys(node.correlation_id for node in graph.nodes)
        return explain_graph(graph, await LedgerReader(pool).histories(names))
    finally:
        await pool.close()


def to_document(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation for scripts; times are in milliseconds."""
    return {
        "span_ms": round(explanation.span_ms, DECIMALS),
        "is_truncated": explanation.is_truncated,
        "histories": [_history_document(told) for told in explanation.histories],
    }


def _history_document(told: Told) -> dict[str, Any]:
    return {
        "correlation_id": told.correlation_id,
        "outcome": told.outcome,
        "caused_by": told.caused_by or None,
        "started_at": show_time(told.hops[0].event.timestamp),
        "events": [_hop_document(hop) for hop in told.hops],
    }


def _hop_document(hop: Hop) -> dict[str, Any]:
    event = hop.event
    return {
        "event_id": event.event_id,
        "causation_id": event.causation_id,
        "sequence": event.sequence,
        "topic": event.topic,
        "producer": event.producer,
        "offset_ms": round(hop.offset_ms, DECIMALS),
        "hop_ms": None if hop.hop_ms is None else round(hop.hop_ms, DECIMALS),
        "recorded_ms": round(hop.recorded_ms, DECIMALS),
        "words": hop.words,
        "read": list(hop.read),
        "caused": list(hop.caused),
        "linked": list(hop.linked),
    }
