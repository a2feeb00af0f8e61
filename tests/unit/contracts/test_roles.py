"""Every event hands the history over, ends it, or is followed at once by one that does."""

from importlib import import_module

from actors.broker import broker
from tradewind.contracts.execution.payloads import ExecutionStarted
from tradewind.contracts.registry import TOPICS, terminal_topics
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.roles import Role, consumers

ROLES_WITH_ACTORS = (Role.RISK, Role.PLANNER, Role.ORCHESTRATOR)
REPORTS = {RiskApproved.topic, ExecutionStarted.topic}
"""What a role says on the way to the event that hands over."""


def test_the_table_is_what_the_actors_consume() -> None:
    consumed: dict[str, Role] = {}
    for role in ROLES_WITH_ACTORS:
        import_module(f"actors.{role}")
        for actor in broker.actors.values():
            if actor.queue_name == f"{role}.workers":
                consumed |= dict.fromkeys(actor.options["topics"], role)
    assert consumed == consumers()


def test_no_topic_is_forgotten() -> None:
    assert set(consumers()) | terminal_topics() | REPORTS == TOPICS
    assert not set(consumers()) & (terminal_topics() | REPORTS)
