"""Runs actors on JetStream (broker, worker, publisher, streams, consumers); no role is in it."""

from tradewind.runtime.actor import EventActor
from tradewind.runtime.batch_consumer import BatchConsumer
from tradewind.runtime.broker import JetStreamBroker
from tradewind.runtime.connection import BrokerUnreachable, NatsConnection, connect
from tradewind.runtime.middleware import AsyncEngine, LogContext, Metrics
from tradewind.runtime.publisher import (
    Publisher,
    PublishRefused,
    PublishTooLarge,
    PublishUnknown,
)
from tradewind.runtime.streams import declare_streams
from tradewind.runtime.stub import StubBroker
from tradewind.runtime.worker import Worker

__all__ = [
    "AsyncEngine",
    "BatchConsumer",
    "BrokerUnreachable",
    "EventActor",
    "JetStreamBroker",
    "LogContext",
    "Metrics",
    "NatsConnection",
    "PublishRefused",
    "PublishTooLarge",
    "PublishUnknown",
    "Publisher",
    "StubBroker",
    "Worker",
    "connect",
    "declare_streams",
]
