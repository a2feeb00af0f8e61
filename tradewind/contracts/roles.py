"""Every role, once: what it takes, what it says, and what it may do at which server.

Users of the broker, logins of the database, readiness, the command line and the deployment follow
from this table. A role is declared by its row here and its folder in `actors/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved, TokensObserved
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired, IntentSubmitted
from tradewind.contracts.ordering import PARTITIONS, GroupConsumer, Order, consumers_of
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, durable_name

type ServerName = Literal["nats", "postgres", "redis"]

SERVER_NAMES: Final[tuple[ServerName, ...]] = ("nats", "postgres", "redis")


class Role(StrEnum):
    """A kind of process."""

    GATEWAY = "gateway"
    RISK = "risk"
    PLANNER = "planner"
    ORCHESTRATOR = "orchestrator"
    COORDINATOR = "coordinator"
    MARKET = "market"
    SWEEPER = "sweeper"


class Kind(StrEnum):
    """How a role runs. `tradewind.runtime.role_module` says what its folder has to offer."""

    SERVER = "server"
    """A process of its own that answers requests."""
    POOL = "pool"
    """Stateless actors on queue groups; any number of replicas."""
    LOOP = "loop"
    """One lasting task; what may happen once at a time, replicas settle among themselves."""


class Use(StrEnum):
    """What a role does at the broker beside working on its queue groups and publishing."""

    READ_POOLS = "read pools"
    """Follows the bucket of pool snapshots."""
    WRITE_POOLS = "write pools"
    """Puts pool snapshots into the bucket."""
    READ_EVENTS = "read events"
    """Reads the stream of events with consumers of its own, never with a durable."""
    MEASURE = "measure"
    """Asks how far durable consumers are."""
    REPEAT = "repeat"
    """Publishes again what others wait for: every topic somebody consumes."""
    BEGIN_AGAIN = "begin again"
    """Has its streams delivered from their start, when the database was restored."""
    READ_CACHE = "read cache"
    """Reads the read models in Redis."""
    WRITE_CACHE = "write cache"
    """Writes read models and hints in Redis."""


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """A pool of workers that share durable consumers: named once, used by the actors' queue."""

    name: str
    topics: tuple[str, ...] = ()
    """The topics whose next step is this group's; none means that it only reads everything."""
    streams: tuple[str, ...] = (EVENTS_STREAM,)
    order: Order = Order.UNORDERED
    """Which of its messages wait for each other."""

    @property
    def durable(self) -> str:
        """The name as a durable has it, which cannot contain a dot: an unordered group's one."""
        return durable_name(self.name)

    def consumers(self, partitions: int = PARTITIONS) -> tuple[GroupConsumer, ...]:
        """Return the durable consumers: one, or one a partition where the group is ordered."""
        return consumers_of(self.name, self.topics, self.order, partitions)


@dataclass(frozen=True, slots=True)
class RoleDeclaration:
    """A row of the table."""

    name: str
    kind: Kind
    queue_groups: tuple[QueueGroup, ...] = ()
    emits: frozenset[str] = frozenset()
    """The topics it may publish."""
    uses: frozenset[Use] = frozenset()
    servers: frozenset[ServerName] = frozenset[ServerName](("nats",))
    """Where it has a login."""
    decides: bool = False
    """Whether its decisions can be asked for again: its package has a `decider`."""
    folder: str = ""
    """The package with its code; the folder of its name in `actors` unless it says otherwise."""

    @property
    def package(self) -> str:
        """What a process imports to run it."""
        return self.folder or f"actors.{self.name}"


RISK_WORKERS: Final = QueueGroup("risk.workers", (IntentSubmitted.topic,))
PLANNER_WORKERS: Final = QueueGroup("planner.workers", (IntentAccepted.topic,))
ORCHESTRATOR_WORKERS: Final = QueueGroup(
    "orchestrator.workers",
    (
        PlanCreated.topic,
        StepSigned.topic,
        StepSubmitted.topic,
        StepReorged.topic,
        StepFilled.topic,
    ),
)
COORDINATOR_GROUP: Final = QueueGroup("coordinator", (), (EVENTS_STREAM, DEAD_LETTERS_STREAM))

OBSERVED: Final = frozenset({TokensObserved.topic, PoolObserved.topic, MarketObserved.topic})
"""What a decision was made on: kept by the role that decides."""

_EVERY_SERVER: Final = frozenset(SERVER_NAMES)
_NATS_AND_POSTGRES: Final[frozenset[ServerName]] = frozenset[ServerName](("nats", "postgres"))

_DECLARATIONS: Final = (
    RoleDeclaration(
        Role.GATEWAY,
        Kind.SERVER,
        emits=frozenset({IntentSubmitted.topic}),
        uses=frozenset({Use.READ_EVENTS, Use.MEASURE, Use.READ_CACHE}),
        servers=_EVERY_SERVER,
    ),
    RoleDeclaration(
        Role.RISK,
        Kind.POOL,
        (RISK_WORKERS,),
        OBSERVED
        | {RiskApproved.topic, RiskRejected.topic, IntentAccepted.topic, IntentExpired.topic},
        frozenset({Use.READ_POOLS}),
        decides=True,
    ),
    RoleDeclaration(
        Role.PLANNER,
        Kind.POOL,
        (PLANNER_WORKERS,),
        OBSERVED | {PlanCreated.topic, PlanRejected.topic, IntentExpired.topic},
        frozenset({Use.READ_POOLS}),
        decides=True,
    ),
    RoleDeclaration(
        Role.ORCHESTRATOR,
        Kind.POOL,
        (ORCHESTRATOR_WORKERS,),
        frozenset(
            {
                ExecutionStarted.topic,
                StepSigned.topic,
                StepSubmitted.topic,
                StepReorged.topic,
                StepFilled.topic,
                ExecutionCompleted.topic,
                ExecutionFailed.topic,
                IntentExpired.topic,
            }
        ),
        frozenset({Use.READ_POOLS}),
        _NATS_AND_POSTGRES,
    ),
    RoleDeclaration(
        Role.COORDINATOR,
        Kind.LOOP,
        (COORDINATOR_GROUP,),
        uses=frozenset({Use.BEGIN_AGAIN, Use.WRITE_CACHE}),
        servers=_EVERY_SERVER,
    ),
    RoleDeclaration(Role.MARKET, Kind.LOOP, uses=frozenset({Use.READ_POOLS, Use.WRITE_POOLS})),
    RoleDeclaration(
        Role.SWEEPER,
        Kind.LOOP,
        uses=frozenset({Use.REPEAT, Use.MEASURE}),
        servers=_NATS_AND_POSTGRES,
    ),
)
ROLES: Final[dict[str, RoleDeclaration]] = {str(one.name): one for one in _DECLARATIONS}


def worker_roles() -> list[str]:
    """Return the roles `tradewind worker` runs: all but those that answer requests."""
    return [name for name, role in ROLES.items() if role.kind is not Kind.SERVER]


def queue_groups() -> Iterator[QueueGroup]:
    """Return every queue group, in the order of the table."""
    for role in ROLES.values():
        yield from role.queue_groups


def consumers() -> dict[str, str]:
    """Return by topic which role has to act on it: at any moment one may extend a history."""
    return {
        topic: role.name
        for role in ROLES.values()
        for group in role.queue_groups
        for topic in group.topics
    }


def partitions_needed() -> int:
    """Return with how many partitions EVENTS stores subjects; 0 while no group is ordered."""
    is_ordered = any(group.order is not Order.UNORDERED for group in queue_groups())
    return PARTITIONS if is_ordered else 0
