"""Order of a queue group: which of its messages are handled one after the other.

While a queue group is ordered by key, the stream EVENTS appends two tokens to every subject it
stores: the partition of the instrument and the partition of the portfolio. The group then has one
durable consumer for each partition, with `max_ack_pending` 1, and every worker pulls from all of
them, so no worker owns a partition and none has to be reassigned when one dies. Subjects keep their
four tokens where they are published and where they are recorded.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from tradewind.contracts.streams import durable_name
from tradewind.contracts.subjects import subject_filter

PARTITIONS: Final = 16
"""A compromise: keys in one partition wait for each other, and each partition costs a durable."""
MAX_PARTITIONS: Final = 32
"""With 64 the CPU of idle workers and the latency of the slowest messages rose measurably."""

REKEYED: Final = frozenset({"risk-workers"})
"""Queue groups that earlier releases ordered by another key, by durable name. Their partitions have
names of their own, so that workers of both releases can run at once: each durable has one filter.
"""

TRANSFORM_SOURCE: Final = "*.*.*.*"
_DESTINATION = (
    "{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}.{{{{wildcard(3)}}}}.{{{{wildcard(4)}}}}"
    ".{{{{partition({count},3)}}}}.{{{{partition({count},4)}}}}"
)
_FILTER = re.compile(
    r"(?P<topic>[^.*>]+\.[^.*>]+)\.\*\.\*\.(?:(?P<instrument>\d+)\.\*|\*\.\d+)", re.ASCII
)
_DURABLE = re.compile(r"(?P<group>.+)-[pk](?P<partition>\d\d)", re.ASCII)
_COUNT = re.compile(r"\{\{partition\((\d+),3\)\}\}", re.ASCII)


class Order(StrEnum):
    """By which key a queue group handles its messages in the order they were stored."""

    UNORDERED = "unordered"
    INSTRUMENT = "instrument"
    PORTFOLIO = "portfolio"


class GroupConsumer(NamedTuple):
    """A durable consumer of a queue group and its filter subjects."""

    durable: str
    filters: tuple[str, ...]


def consumers_of(
    queue_group: str,
    topics: Iterable[str],
    order: Order = Order.UNORDERED,
    partitions: int = PARTITIONS,
) -> tuple[GroupConsumer, ...]:
    """Return the durable consumers of a queue group: one, or one for each partition."""
    named = sorted(topics)
    if order is Order.UNORDERED:
        filters = tuple(subject_filter(topic) for topic in named)
        return (GroupConsumer(durable_name(queue_group), filters),)
    return tuple(
        GroupConsumer(
            partition_durable(queue_group, partition),
            tuple(partition_filter(topic, order, partition) for topic in named),
        )
        for partition in range(partitions)
    )


def durables_of(queue_group: str, order: Order, partitions: int = PARTITIONS) -> tuple[str, ...]:
    return tuple(one.durable for one in consumers_of(queue_group, (), order, partitions))


def partition_durable(queue_group: str, partition: int) -> str:
    """Return the name of a partition's durable consumer: `portfolio-workers-p03`."""
    durable = durable_name(queue_group)
    return f"{durable}-{'k' if durable in REKEYED else 'p'}{partition:02}"


def group_of_partition(durable: str) -> str | None:
    """Return whose partition a durable consumer is or was: `portfolio-workers`; None for others."""
    found = _DURABLE.fullmatch(durable)
    return None if found is None else found["group"]


def is_partition_of(queue_group: str, durable: str) -> bool:
    """Return whether a durable consumer is a partition of a group, of the key it has now."""
    found = _DURABLE.fullmatch(durable)
    return found is not None and durable == partition_durable(queue_group, int(found["partition"]))


def partition_filter(topic: str, order: Order, partition: int) -> str:
    """Return the filter subject of a topic in one partition; ValueError for an unordered group."""
    if order is Order.INSTRUMENT:
        return f"{topic}.*.*.{partition}.*"
    if order is Order.PORTFOLIO:
        return f"{topic}.*.*.*.{partition}"
    raise ValueError("a queue group without order has no partitions")


def parse_partition_filter(subject: str) -> tuple[str, Order] | None:
    """Return topic and order of a partition's filter subject; None for any other filter subject."""
    found = _FILTER.fullmatch(subject)
    if found is None:
        return None
    return found["topic"], Order.INSTRUMENT if found["instrument"] else Order.PORTFOLIO


def transform_destination(partitions: int) -> str:
    """Return the destination of the subject transform of EVENTS; ValueError outside 1 to 32."""
    if not 1 <= partitions <= MAX_PARTITIONS:
        raise ValueError(f"1 to {MAX_PARTITIONS} partitions, not {partitions}")
    return _DESTINATION.format(count=partitions)


def partitions_in(destination: str) -> int:
    """Return how many partitions a transform's destination makes; 0 when it is not one of ours."""
    found = _COUNT.search(destination)
    count = int(found[1]) if found else 0
    if not 1 <= count <= MAX_PARTITIONS:
        return 0
    return count if destination == transform_destination(count) else 0
