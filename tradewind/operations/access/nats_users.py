"""NATS: a user for every identity, with the subjects it may publish and subscribe to.

A user's inbox is its own (`_INBOX.<user>.>`), so nobody reads the answers to another. Streams are
the administrator's: all others may only ask about them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tradewind.contracts.ordering import MAX_PARTITIONS, GroupConsumer, Order, consumers_of
from tradewind.contracts.registry import EVENT_DOMAINS
from tradewind.contracts.roles import (
    COORDINATOR_GROUP,
    ORCHESTRATOR_WORKERS,
    PLANNER_WORKERS,
    RISK_WORKERS,
    QueueGroup,
    queue_groups,
)
from tradewind.contracts.streams import (
    DEAD_LETTER_SUBJECT_PREFIX,
    DEAD_LETTERS_STREAM,
    EVENTS_STREAM,
    POOL_SNAPSHOTS_BUCKET,
    inbox_prefix,
)
from tradewind.contracts.subjects import subject_filter
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.emitters import CONSUMED, EMITTED
from tradewind.operations.access.identities import LOGINS, Identity

EVERYTHING: Final = (">",)
_API = "$JS.API"
_STREAMS: Final = (
    EVENTS_STREAM,
    DEAD_LETTERS_STREAM,
    f"KV_{POOL_SNAPSHOTS_BUCKET}",
)


class Subjects(NamedTuple):
    """What a user may publish and subscribe to; everything else is refused."""

    publish: Sequence[str]
    subscribe: Sequence[str]
    never: Sequence[str] = ()
    """What must not be published although it matches."""


def subjects_of(identity: Identity) -> Subjects:
    """Return the allow-lists of an identity."""
    if identity is Identity.ADMINISTRATOR:
        return Subjects(EVERYTHING, EVERYTHING)
    publish = [
        *(f"{_API}.STREAM.INFO.{stream}" for stream in _STREAMS),
        *(subject_filter(topic) for topic in sorted(EMITTED.get(identity, ()))),
        *_BESIDE.get(identity, ()),
    ]
    never = _DURABLES if identity is Identity.GATEWAY else ()
    return Subjects(publish, [f"{inbox_prefix(identity.login)}.>"], never)


def render_users(credentials: Credentials) -> list[dict[str, Any]]:
    """Return the `users` of a server's `authorization`."""
    return [
        {
            "user": identity.login,
            "password": credentials.password("nats", identity),
            "permissions": {
                "publish": {
                    "allow": list(subjects_of(identity).publish),
                    "deny": list(subjects_of(identity).never),
                },
                "subscribe": {"allow": list(subjects_of(identity).subscribe)},
            },
        }
        for identity in sorted(LOGINS["nats"])
    ]


def consumer_subjects(stream: str, consumer: GroupConsumer) -> list[str]:
    """Return what a worker publishes to declare a durable, pull from it, answer its messages.

    The broker holds a durable of one topic to that topic; it cannot where there are several.
    """
    durable = f"{stream}.{consumer.durable}"
    suffix = f".{consumer.filters[0]}" if len(consumer.filters) == 1 else ""
    return [
        f"{_API}.CONSUMER.INFO.{durable}",
        f"{_API}.CONSUMER.CREATE.{durable}{suffix}",
        f"{_API}.CONSUMER.MSG.NEXT.{durable}",
        # the long form has domain and account in front
        f"$JS.ACK.{durable}.>",
        f"$JS.ACK.*.*.{durable}.>",
    ]


def _works_on(
    identity: Identity,
    group: QueueGroup,
    stream: str = EVENTS_STREAM,
    order: Order = Order.UNORDERED,
) -> list[str]:
    """Work on the durables of a queue group, however many partitions the stream has."""
    topics = CONSUMED.get(identity, ())
    return [
        line
        for consumer in consumers_of(group, topics, order, MAX_PARTITIONS)
        for line in consumer_subjects(stream, consumer)
    ]


def _dead_letters(group: QueueGroup) -> list[str]:
    return [f"{DEAD_LETTER_SUBJECT_PREFIX}.{group.durable}"]


def _watches(bucket: str) -> list[str]:
    """Make consumers without a name: nobody has a durable on a bucket that could be meant."""
    stream = f"KV_{bucket}"
    return [
        f"{_API}.CONSUMER.CREATE.{stream}",
        f"{_API}.CONSUMER.INFO.{stream}.*",
        f"$JS.FC.{stream}.>",
    ]


def _reads(stream: str) -> list[str]:
    """Make consumers of any name but a durable's, and pull from them."""
    return [
        f"{_API}.CONSUMER.CREATE.{stream}.*",
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.*",
        f"$JS.FC.{stream}.>",
    ]


def _measures(stream: str, groups: Sequence[QueueGroup]) -> list[str]:
    return [f"{_API}.CONSUMER.INFO.{stream}.{group.durable}" for group in groups]


def _puts(bucket: str) -> str:
    return f"$KV.{bucket}.>"


def _begins_again(group: QueueGroup, stream: str) -> list[str]:
    """Have a stream delivered from its start: the database was restored."""
    return [f"{_API}.CONSUMER.DELETE.{stream}.{group.durable}"]


_DURABLES: Final = tuple(
    f"{_API}.CONSUMER.{verb}.{EVENTS_STREAM}.{group.durable}"
    for verb in ("CREATE", "MSG.NEXT")
    for group in queue_groups()
)
_POOLS: Final = _watches(POOL_SNAPSHOTS_BUCKET)
_BESIDE: Final[Mapping[Identity, Sequence[str]]] = {
    Identity.GATEWAY: [
        *_reads(EVENTS_STREAM),
        *_measures(EVENTS_STREAM, list(queue_groups())),
    ],
    Identity.RISK: [
        *_works_on(Identity.RISK, RISK_WORKERS.name),
        *_dead_letters(RISK_WORKERS.name),
        *_POOLS,
    ],
    Identity.PLANNER: [
        *_works_on(Identity.PLANNER, PLANNER_WORKERS.name),
        *_dead_letters(PLANNER_WORKERS.name),
        *_POOLS,
    ],
    Identity.ORCHESTRATOR: [
        *_works_on(Identity.ORCHESTRATOR, ORCHESTRATOR_WORKERS.name),
        *_dead_letters(ORCHESTRATOR_WORKERS.name),
        *_POOLS,
    ],
    Identity.COORDINATOR: [
        line
        for stream in (EVENTS_STREAM, DEAD_LETTERS_STREAM)
        for line in (
            *_works_on(Identity.COORDINATOR, COORDINATOR_GROUP.name, stream),
            *_begins_again(COORDINATOR_GROUP.name, stream),
        )
    ],
    Identity.MARKET: [*_POOLS, _puts(POOL_SNAPSHOTS_BUCKET)],
    Identity.SWEEPER: [
        *_measures(EVENTS_STREAM, list(queue_groups())),
        *_measures(DEAD_LETTERS_STREAM, [COORDINATOR_GROUP.name]),
    ],
    Identity.OPERATOR: [f"{domain}.>" for domain in EVENT_DOMAINS],
}
