"""Every event hands the history over, ends it, or is followed at once by one that does."""

from importlib import import_module

from actors.broker import broker
from tradewind.contracts.batons import BATON_HOLDERS, ENDS
from tradewind.contracts.names import QueueGroup, Role
from tradewind.contracts.payloads import ExecutionStarted, RiskApproved
from tradewind.contracts.topics import TOPICS

ROLES_WITH_ACTORS = (Role.RISK, Role.PLANNER, Role.ORCHESTRATOR)
REPORTS = {RiskApproved.topic, ExecutionStarted.topic}
"""What a role says on the way to the event that hands over."""


def test_the_table_is_what_the_actors_consume() -> None:
    consumed: dict[str, Role] = {}
    for role in ROLES_WITH_ACTORS:
        import_module(f"actors.{role}")
        for actor in broker.actors.values():
            if actor.queue_name == QueueGroup[role.name]:
                consumed |= dict.fromkeys(actor.options["topics"], role)
    assert consumed == BATON_HOLDERS


def test_no_topic_is_forgotten() -> None:
    assert set(BATON_HOLDERS) | ENDS | REPORTS == TOPICS
    assert not set(BATON_HOLDERS) & (ENDS | REPORTS)
