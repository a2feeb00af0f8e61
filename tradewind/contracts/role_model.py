"""What a role is: its kind, its queue groups, and what it may do at which server."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from tradewind.contracts.ordering import PARTITIONS, GroupConsumer, Order, consumers_of
from tradewind.contracts.streams import EVENTS_STREAM, durable_name

type ServerName = Literal["nats", "postgres", "redis"]

SERVER_NAMES: Final[tuple[ServerName, ...]] = ("nats", "postgres", "redis")


class Role(StrEnum):
    """A kind of process, with logins of its own at the servers."""

    GATEWAY = "gateway"
    FEEDS = "feeds"
    ENRICHER = "enricher"
    EVALUATOR = "evaluator"
    DESK = "desk"
    RISK = "risk"
    PORTFOLIO = "portfolio"
    PLANNER = "planner"
    ORCHESTRATOR = "orchestrator"
    COORDINATOR = "coordinator"
    MARKET = "market"
    SWEEPER = "sweeper"
    TREASURY = "treasury"
    RECORDER = "recorder"
    HISTORIAN = "historian"
    BACKTESTER = "backtester"
    STRATEGIST = "strategist"


class Kind(StrEnum):
    """How a role runs; `tradewind.runtime.role_module` has the protocol its package implements."""

    SERVER = "server"
    """A process of its own that answers requests."""
    POOL = "pool"
    """It has stateless actors on queue groups, and any number of replicas."""
    LOOP = "loop"
    """It is one task that runs until it is stopped; replicas agree on who works where one must."""


class Use(StrEnum):
    """What a role needs of NATS and Redis beside its queue groups and its topics."""

    READ_POOLS = "read pools"
    """It watches the key-value bucket of pool snapshots."""
    WRITE_POOLS = "write pools"
    """It puts pool snapshots into that bucket."""
    READ_PERPS = "read perps"
    """It watches the key-value bucket of perpetual contracts and their candles."""
    WRITE_PERPS = "write perps"
    """It puts what a provider of market data says into that bucket."""
    PUBLISH_TICKS = "publish ticks"
    """It says what instruments are worth."""
    READ_STRATEGIES = "read strategies"
    """It watches the key-value bucket of the strategies that can be run."""
    WRITE_STRATEGIES = "write strategies"
    """It says there which strategies it has installed."""
    READ_EVENTS = "read events"
    """It reads EVENTS with ephemeral consumers of its own, never with a durable."""
    MEASURE = "measure"
    """It asks JetStream for the lag of durable consumers."""
    REPEAT = "repeat"
    """It publishes lost events again, so it may publish every topic that a queue group consumes."""
    BEGIN_AGAIN = "begin again"
    """It resets its durables to the start of their streams after the database was restored."""
    WATCH_PROCESSES = "watch processes"
    """It listens to what every process says of itself."""
    TELL_PLANS = "tell plans"
    """It says which plans it has just recorded."""
    HEAR_PLANS = "hear plans"
    """It listens to that."""
    READ_CACHE = "read cache"
    """It reads the read models in Redis."""
    WRITE_CACHE = "write cache"
    """It writes read models and hints in Redis."""
    COUNT_REQUESTS = "count requests"
    """It counts the requests of clients in Redis, and remembers which it has seen."""


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """A pool of workers that share durable consumers; `name` is the `queue_name` of its actors."""

    name: str
    topics: tuple[str, ...] = ()
    """The topics on which this group has to act. A group with none reads whole streams instead."""
    streams: tuple[str, ...] = (EVENTS_STREAM,)
    order: Order = Order.UNORDERED
    """The key by which its messages wait for each other."""

    @property
    def durable(self) -> str:
        """The durable consumer of an unordered group; JetStream allows no dot in its name."""
        return durable_name(self.name)

    def consumers(self, partitions: int = PARTITIONS) -> tuple[GroupConsumer, ...]:
        """Return the durable consumers: one, or one a partition where the group is ordered."""
        return consumers_of(self.name, self.topics, self.order, partitions)


@dataclass(frozen=True, slots=True)
class RoleDeclaration:
    """A row of the registry."""

    name: str
    kind: Kind
    queue_groups: tuple[QueueGroup, ...] = ()
    emits: frozenset[str] = frozenset()
    """The topics it may publish; its permissions in NATS follow from them."""
    uses: frozenset[Use] = frozenset()
    asks: frozenset[str] = frozenset()
    """The subjects on which it asks other roles what changes nothing."""
    answers: frozenset[str] = frozenset()
    """The subjects of such questions that it answers."""
    resumes: frozenset[str] = frozenset()
    """The topics after which it goes on by itself, from what it keeps: no message has to come."""
    servers: frozenset[ServerName] = frozenset[ServerName](("nats",))
    """The servers at which it has a login."""
    decides: bool = False
    """Whether its package has a `decider`, so that recorded decisions can be made again."""
    folder: str = ""
    """The package with its code; empty means the folder of its name in `actors`."""

    @property
    def package(self) -> str:
        """The package a process imports to run the role."""
        return self.folder or f"actors.{self.name}"
