"""Partitions of a key: what they are named, what reaches them, what a stored subject says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.ordering import (
    MAX_PARTITIONS,
    PARTITIONS,
    Order,
    consumers_of,
    durables_of,
    group_of_partition,
    is_partition_of,
    parse_partition_filter,
    partition_durable,
    partition_filter,
    partitions_in,
    transform_destination,
)
from tradewind.contracts.registry import TOPICS
from tradewind.contracts.roles import (
    PORTFOLIO_WORKERS,
    RISK_WORKERS,
    QueueGroup,
    queue_groups,
)
from tradewind.contracts.subjects import EventKey, published_subject
from tradewind.contracts.subjects import subject_for as published

DURABLE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
KEYED = [Order.INSTRUMENT, Order.PORTFOLIO]

topics = st.sampled_from(sorted(TOPICS))
tokens = st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)
keys = st.builds(EventKey, instrument=tokens, portfolio=tokens)
counts = st.integers(1, MAX_PARTITIONS)


def matches(pattern: str, subject: str) -> bool:
    """As the broker compares: `*` is one token, `>` at the end is one or more."""
    wanted, given_ = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, rest = wanted[:-1], len(given_) - len(wanted) + 1
        return rest > 0 and matches(".".join(wanted), ".".join(given_[: len(wanted)]))
    return len(wanted) == len(given_) and all(
        want in ("*", has) for want, has in zip(wanted, given_, strict=True)
    )


@given(st.sampled_from(list(queue_groups())), counts, st.sampled_from(KEYED))
def test_every_partition_has_a_durable_of_its_own(
    group: QueueGroup, partitions: int, order: Order
) -> None:
    durables = durables_of(group.name, order, partitions)
    assert len(set(durables)) == partitions
    assert all(DURABLE.fullmatch(durable) for durable in durables)
    assert group.durable not in durables


def test_names_and_filters_are_spelled_like_this() -> None:
    consumers = consumers_of("portfolio.workers", ["b.c", "a.b"], Order.PORTFOLIO)
    assert len(consumers) == PARTITIONS == 16
    assert consumers[3] == ("portfolio-workers-p03", ("a.b.*.*.*.3", "b.c.*.*.*.3"))
    (shared,) = consumers_of("portfolio.workers", ["b.c", "a.b"])
    assert shared == ("portfolio-workers", ("a.b.>", "b.c.>"))
    assert transform_destination(16) == (
        "{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}"
        ".{{partition(16,3)}}.{{partition(16,4)}}"
    )


def test_intents_of_a_portfolio_are_in_order_from_their_submission_to_their_acceptance() -> None:
    """Across instruments, too: a stage by another key would let them overtake each other."""
    assert {RISK_WORKERS.order, PORTFOLIO_WORKERS.order} == {Order.PORTFOLIO}


@given(st.sampled_from(list(queue_groups())), st.integers(0, MAX_PARTITIONS - 1))
def test_a_partition_is_told_from_that_of_another_key(group: QueueGroup, partition: int) -> None:
    durable = partition_durable(group.name, partition)
    assert group_of_partition(durable) == group.durable
    assert is_partition_of(group.name, durable)
    other = re.sub(r"[pk](\d\d)$", lambda one: "kp"[one[0][0] == "k"] + one[1], durable)
    assert other != durable
    assert group_of_partition(other) == group.durable
    assert not is_partition_of(group.name, other)
    assert group_of_partition(group.durable) is None


def test_partitions_of_a_group_that_has_another_key_now_have_other_names() -> None:
    """Those of its first key are `risk-workers-p03`, in stores of earlier releases."""
    assert RISK_WORKERS.consumers()[3] == ("risk-workers-k03", ("intent.submitted.*.*.*.3",))


@given(topics, topics, keys, st.sampled_from(KEYED), st.data())
def test_a_stored_event_reaches_exactly_the_partition_of_its_key(
    topic: str, other: str, key: EventKey, order: Order, data: st.DataObject
) -> None:
    instrument = data.draw(st.integers(0, PARTITIONS - 1))
    portfolio = data.draw(st.integers(0, PARTITIONS - 1))
    stored = f"{published(topic, key)}.{instrument}.{portfolio}"
    reached = [
        consumer.durable
        for consumer in consumers_of("q", {topic, other}, order)
        if any(matches(pattern, stored) for pattern in consumer.filters)
    ]
    here = instrument if order is Order.INSTRUMENT else portfolio
    assert reached == [f"q-p{here:02}"]


@given(topics, keys, st.sampled_from(KEYED))
def test_what_was_stored_without_partitions_reaches_none(
    topic: str, key: EventKey, order: Order
) -> None:
    subject = published(topic, key)
    for consumer in consumers_of("q", [topic], order):
        assert not any(matches(pattern, subject) for pattern in consumer.filters)


@given(topics, topics, keys, counts)
def test_a_group_without_order_gets_stored_subjects_of_either_kind(
    topic: str, other: str, key: EventKey, partition: int
) -> None:
    (consumer,) = consumers_of("q", [topic])
    for subject in (published(other, key), f"{published(other, key)}.{partition}.0"):
        assert any(matches(pattern, subject) for pattern in consumer.filters) == (other == topic)


@given(topics, st.sampled_from(KEYED), st.integers(0, MAX_PARTITIONS - 1))
def test_a_filter_says_what_it_is_for(topic: str, order: Order, partition: int) -> None:
    assert parse_partition_filter(partition_filter(topic, order, partition)) == (topic, order)
    assert parse_partition_filter(f"{topic}.>") is None
    assert parse_partition_filter(f"{topic}.*.*.{partition}.{partition}") is None


def test_a_group_without_order_has_no_partitions() -> None:
    with pytest.raises(ValueError, match="without order"):
        partition_filter("a.b", Order.UNORDERED, 0)


@given(topics, keys, st.integers(0, MAX_PARTITIONS - 1), st.integers(0, MAX_PARTITIONS - 1))
def test_the_published_subject_is_the_stored_one_without_partitions(
    topic: str, key: EventKey, instrument: int, portfolio: int
) -> None:
    subject = published(topic, key)
    stored = f"{subject}.{instrument}.{portfolio}"
    assert published_subject(stored) == subject == published_subject(subject)


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "a.b.c",
        "a.b.c.d.1",
        "a.b.c.d.1.2.3",
        "a.b.c.d.01.2",
        "a.b.c.d.1.x",
        "a.b.c.d.1.100",
        "a.b.c.d.-1.2",
        "a.b.c.d.1.٣",
        "a.b.c..1.2",
        "a.b.c.d.1.2\n",
    ],
)
def test_any_other_subject_stays_what_it_is(odd: str) -> None:
    assert published_subject(odd) == odd


@given(counts)
def test_a_transform_says_how_many_partitions_it_makes(partitions: int) -> None:
    destination = transform_destination(partitions)
    assert partitions_in(destination) == partitions
    assert partitions_in(destination + ".x") == 0
    assert partitions_in(destination.replace(",4)", ",3)")) == 0


@pytest.mark.parametrize("refused", [0, -1, MAX_PARTITIONS + 1])
def test_a_number_of_partitions_is_bounded(refused: int) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        transform_destination(refused)
    assert partitions_in(transform_destination(1).replace("(1,", f"({refused},")) == 0
