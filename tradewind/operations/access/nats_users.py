"""NATS: a user for every identity, with the subjects it may publish and subscribe to.

Every user has an inbox of its own (`_INBOX.<user>.>`), so no user reads another's replies. Only the
administrator changes streams; all others may only query them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tradewind.contracts.ordering import MAX_PARTITIONS, GroupConsumer
from tradewind.contracts.registry import EVENT_DOMAINS
from tradewind.contracts.roles import (
    ROLES,
    RoleDeclaration,
    Use,
    consumers,
    queue_groups,
)
from tradewind.contracts.streams import (
    DEAD_LETTER_SUBJECT_PREFIX,
    DEAD_LETTERS_STREAM,
    EVENTS_STREAM,
    MARKET_STREAM,
    PERP_SNAPSHOTS_BUCKET,
    POOL_SNAPSHOTS_BUCKET,
    PROCESS_ALIVE_SUBJECT_PREFIX,
    RECORDED_PLANS,
    SIGNAL_SUBMISSIONS,
    STRATEGIES_BUCKET,
    TICK_SUBJECT_PREFIX,
    inbox_prefix,
)
from tradewind.contracts.subjects import subject_filter
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity, logins_at

EVERYTHING: Final = (">",)
ONE_REPLY: Final = {"max": 1, "expires": "5s"}
"""Who is asked may publish once to the inbox of whoever asked, which is otherwise refused."""
_API = "$JS.API"
_STREAMS: Final = (
    EVENTS_STREAM,
    DEAD_LETTERS_STREAM,
    f"KV_{POOL_SNAPSHOTS_BUCKET}",
    f"KV_{PERP_SNAPSHOTS_BUCKET}",
    MARKET_STREAM,
    f"KV_{STRATEGIES_BUCKET}",
)


class Subjects(NamedTuple):
    """The subjects a user may publish and subscribe to; the server refuses all others."""

    publish: Sequence[str]
    subscribe: Sequence[str]
    never: Sequence[str] = ()
    """Subjects that are refused although they match `publish`."""
    replies: bool = False
    """Whether it may answer what it was asked, once each."""


def subjects_of(identity: Identity) -> Subjects:
    """Return the allow-lists of an identity."""
    if identity == Identity.ADMINISTRATOR:
        return Subjects(EVERYTHING, EVERYTHING)
    listens_to = [f"{inbox_prefix(identity.login)}.>"]
    if identity == Identity.PRODUCER:
        return Subjects([SIGNAL_SUBMISSIONS], listens_to)
    information = [f"{_API}.STREAM.INFO.{stream}" for stream in _STREAMS]
    if identity == Identity.OPERATOR:
        # a retried dead letter goes to its original subject, which may be any
        domains = [f"{domain}.>" for domain in EVENT_DOMAINS]
        return Subjects([*information, *domains], listens_to)
    role = ROLES[identity]
    alive = f"{PROCESS_ALIVE_SUBJECT_PREFIX}.{identity}"
    publish = [*information, alive, *_emits(role), *_works(role), *sorted(role.asks)]
    listens_to += sorted(role.answers)
    for use in sorted(role.uses):
        publish += _USES[use](role)
    if Use.WATCH_PROCESSES in role.uses:
        listens_to.append(f"{PROCESS_ALIVE_SUBJECT_PREFIX}.*")
    if Use.HEAR_PLANS in role.uses:
        listens_to.append(RECORDED_PLANS)
    never = _durables() if Use.READ_EVENTS in role.uses else ()
    return Subjects(publish, listens_to, never, replies=bool(role.answers))


def render_users(credentials: Credentials) -> list[dict[str, Any]]:
    """Return the `users` of a server's `authorization`."""
    return [_render_user(identity, credentials) for identity in logins_at("nats")]


def _render_user(identity: Identity, credentials: Credentials) -> dict[str, Any]:
    subjects = subjects_of(identity)
    permissions: dict[str, Any] = {
        "publish": {"allow": list(subjects.publish), "deny": list(subjects.never)},
        "subscribe": {"allow": list(subjects.subscribe)},
    }
    if subjects.replies:
        permissions["allow_responses"] = ONE_REPLY
    return {
        "user": identity.login,
        "password": credentials.password("nats", identity),
        "permissions": permissions,
    }


def _emits(role: RoleDeclaration) -> list[str]:
    return [subject_filter(topic) for topic in sorted(role.emits)]


def _works(role: RoleDeclaration) -> list[str]:
    """Allow a role to declare its durables, pull, acknowledge, and publish its dead letters."""
    return [
        line
        for group in role.queue_groups
        for line in (
            *(
                line
                for stream in group.streams
                for consumer in group.consumers(MAX_PARTITIONS)
                for line in consumer_subjects(stream, consumer)
            ),
            *((f"{DEAD_LETTER_SUBJECT_PREFIX}.{group.durable}",) if group.topics else ()),
        )
    ]


def consumer_subjects(stream: str, consumer: GroupConsumer) -> list[str]:
    """Return the subjects a worker needs to declare a durable, pull from it and acknowledge.

    The subject of a durable with one filter names that topic, so the broker enforces it. With
    several filters it cannot.
    """
    durable = f"{stream}.{consumer.durable}"
    suffix = f".{consumer.filters[0]}" if len(consumer.filters) == 1 else ""
    return [
        f"{_API}.CONSUMER.INFO.{durable}",
        f"{_API}.CONSUMER.CREATE.{durable}{suffix}",
        f"{_API}.CONSUMER.MSG.NEXT.{durable}",
        # the long form of the ack subject begins with domain and account
        f"$JS.ACK.{durable}.>",
        f"$JS.ACK.*.*.{durable}.>",
    ]


def _reads(bucket: str) -> Callable[[RoleDeclaration], list[str]]:
    """Allow unnamed consumers on a bucket, which has no durables they could collide with."""
    stream = f"KV_{bucket}"
    subjects = [
        f"{_API}.CONSUMER.CREATE.{stream}",
        f"{_API}.CONSUMER.INFO.{stream}.*",
        f"$JS.FC.{stream}.>",
    ]
    return lambda _: subjects


def _writes(bucket: str) -> Callable[[RoleDeclaration], list[str]]:
    return lambda _: [f"$KV.{bucket}.>"]


def _publishes_ticks(_: RoleDeclaration) -> list[str]:
    return [f"{TICK_SUBJECT_PREFIX}.*"]


def _tells_plans(_: RoleDeclaration) -> list[str]:
    return [RECORDED_PLANS]


def _reads_events(_: RoleDeclaration) -> list[str]:
    """Allow consumers of any name but a durable's, and pulls from them."""
    return [
        f"{_API}.CONSUMER.CREATE.{EVENTS_STREAM}.*",
        f"{_API}.CONSUMER.MSG.NEXT.{EVENTS_STREAM}.*",
        f"$JS.FC.{EVENTS_STREAM}.>",
    ]


def _measures(_: RoleDeclaration) -> list[str]:
    streams = {stream for group in queue_groups() for stream in group.streams}
    return [f"{_API}.CONSUMER.LIST.{stream}" for stream in sorted(streams)]


def _repeats(_: RoleDeclaration) -> list[str]:
    return [subject_filter(topic) for topic in sorted(consumers())]


def _begins_again(role: RoleDeclaration) -> list[str]:
    """Allow deleting its durables, to read the streams from their start after a restore."""
    return [
        f"{_API}.CONSUMER.DELETE.{stream}.{group.durable}"
        for group in role.queue_groups
        for stream in group.streams
    ]


def _publishes_nothing(_: RoleDeclaration) -> list[str]:
    return []


_USES: Final[Mapping[Use, Callable[[RoleDeclaration], list[str]]]] = {
    Use.READ_POOLS: _reads(POOL_SNAPSHOTS_BUCKET),
    Use.WRITE_POOLS: _writes(POOL_SNAPSHOTS_BUCKET),
    Use.READ_PERPS: _reads(PERP_SNAPSHOTS_BUCKET),
    Use.WRITE_PERPS: _writes(PERP_SNAPSHOTS_BUCKET),
    Use.PUBLISH_TICKS: _publishes_ticks,
    Use.READ_STRATEGIES: _reads(STRATEGIES_BUCKET),
    Use.WRITE_STRATEGIES: _writes(STRATEGIES_BUCKET),
    Use.READ_EVENTS: _reads_events,
    Use.MEASURE: _measures,
    Use.REPEAT: _repeats,
    Use.BEGIN_AGAIN: _begins_again,
    Use.WATCH_PROCESSES: _publishes_nothing,
    Use.TELL_PLANS: _tells_plans,
    Use.HEAR_PLANS: _publishes_nothing,
    Use.READ_CACHE: _publishes_nothing,
    Use.WRITE_CACHE: _publishes_nothing,
    Use.COUNT_REQUESTS: _publishes_nothing,
}


def _durables() -> tuple[str, ...]:
    """Return the subjects that change durables and would match the wildcard of `_reads_events`."""
    return tuple(
        f"{_API}.CONSUMER.{verb}.{EVENTS_STREAM}.{consumer.durable}"
        for verb in ("CREATE", "MSG.NEXT")
        for group in queue_groups()
        for consumer in group.consumers(MAX_PARTITIONS)
    )
