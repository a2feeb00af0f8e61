"""The table of roles agrees with what roles declare, and every event is somebody's business."""

from importlib import import_module

import pytest

from actors.broker import broker
from tradewind.contracts.decisions.payloads import DecisionMade
from tradewind.contracts.execution.payloads import ExecutionStarted
from tradewind.contracts.registry import TOPICS, resting_topics
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.roles import (
    ROLES,
    Kind,
    QueueGroup,
    Role,
    RoleDeclaration,
    Use,
    consumers,
    queue_groups,
)

REPORTS = {RiskApproved.topic, ExecutionStarted.topic, DecisionMade.topic}
"""What a role says on the way to the event that hands over."""


POOLS = [role for role in ROLES.values() if role.kind is Kind.POOL]


def test_every_name_has_a_row() -> None:
    assert list(ROLES) == [role.value for role in Role]


@pytest.mark.parametrize("role", POOLS, ids=lambda role: role.name)
def test_the_actors_of_a_role_take_the_topics_of_its_queue_groups(role: RoleDeclaration) -> None:
    import_module(role.package)
    for group in role.queue_groups:
        assert set(broker.actors_by_queue[group.name]) == set(group.topics)
        assert broker.order_of(group.name) is group.order


def test_no_queue_group_and_no_topic_is_anybody_elses() -> None:
    groups: list[QueueGroup] = list(queue_groups())
    assert len({group.name for group in groups}) == len(groups)
    assert sum(len(group.topics) for group in groups) == len(consumers())


def test_no_topic_is_forgotten() -> None:
    assert set(consumers()) | resting_topics() | REPORTS == TOPICS
    assert not set(consumers()) & (resting_topics() | REPORTS)


def test_every_topic_has_somebody_who_emits_it() -> None:
    emitted = {topic for role in ROLES.values() for topic in role.emits}
    assert emitted <= TOPICS
    by_people = {topic for topic in TOPICS if topic.startswith("system.")}
    assert emitted | by_people == TOPICS


@pytest.mark.parametrize("role", list(ROLES.values()), ids=lambda role: role.name)
def test_a_role_offers_what_its_row_says(role: RoleDeclaration) -> None:
    module = import_module(role.package)
    assert hasattr(module, "open_ports") == (role.kind is Kind.POOL)
    assert hasattr(module, "run") == (role.kind is Kind.LOOP)
    assert not role.decides or import_module(f"{role.package}.decider").DECIDER
    assert ("redis" in role.servers) == bool(role.uses & {Use.READ_CACHE, Use.WRITE_CACHE})
