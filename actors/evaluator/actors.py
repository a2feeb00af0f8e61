"""The actor of the evaluator."""

from typing import Final

from actors.broker import broker
from actors.evaluator.evaluation import Evaluator
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.roles import EVALUATOR_WORKERS
from tradewind.contracts.signals.payloads import SignalEnriched

TIME_LIMIT_MS: Final = 8_000
"""Models have 6 s at most, and PostgreSQL 2 s at a time."""


@broker.actor(
    queue_name=EVALUATOR_WORKERS.name,
    topics=[SignalEnriched.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
    keeps_decision=True,
)
async def evaluate_signal(event: Event[SignalEnriched], ports: Evaluator) -> list[AnyEvent]:
    """Ask every model about a signal, and tell what each said.

    NotYet while another process has claimed it, and its deadline is not over.
    """
    return await ports.evaluate(event)
