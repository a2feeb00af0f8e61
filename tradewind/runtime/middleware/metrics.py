"""Counts and times the messages of each actor for Prometheus."""

import time
from typing import Any, Final

from dramatiq.errors import Retry
from dramatiq.middleware import Middleware
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

DURATION_BUCKETS_SECONDS: Final = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip


class Metrics(Middleware):
    """Counts messages by outcome and measures handlers, including publishing, for each actor."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._duration = Histogram(
            "tradewind_actor_duration_seconds",
            "Time to handle a message and publish what follows",
            ["actor"],
            buckets=DURATION_BUCKETS_SECONDS,
            registry=registry,
        )
        self._messages = Counter(
            "tradewind_actor_messages",
            "Messages by outcome: ok, waiting, error, skipped, dead",
            ["actor", "outcome"],
            registry=registry,
        )
        self._observers: dict[str, Any] = {}
        self._outcomes: dict[tuple[str, str], Any] = {}

    def after_declare_actor(self, broker: Any, actor: Any) -> None:
        """Create the actor's series: Prometheus sees no increase in one that starts at 1."""
        name = actor.actor_name
        self._observers[name] = self._duration.labels(name).observe
        for outcome in ("ok", "waiting", "error", "skipped", "dead"):
            self._outcomes[name, outcome] = self._messages.labels(name, outcome).inc

    def before_process_message(self, broker: Any, message: Any) -> None:
        message.started = time.perf_counter()

    def after_process_message(
        self, broker: Any, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        """Observe duration and outcome; NotYet arrives here as Retry and counts as waiting."""
        name = message.actor.actor_name
        started = message.__dict__.get("started")
        if started is not None:
            self._observers[name](time.perf_counter() - started)
        if exception is None:
            self._outcomes[name, "ok"]()
        else:
            self._outcomes[name, "waiting" if isinstance(exception, Retry) else "error"]()

    def after_skip_message(self, broker: Any, message: Any) -> None:
        self._outcomes[message.actor.actor_name, "skipped"]()

    def after_nack(self, broker: Any, message: Any) -> None:
        self._outcomes[message.actor.actor_name, "dead"]()
