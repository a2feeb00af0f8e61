"""The users that Locust plays: some submit intents, others follow the stream.

What they send is made by the Python client, so every request is signed where a key is given.
"""

import itertools
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

import gevent
from locust import FastHttpUser, User, task
from tradewind_client import Client
from tradewind_client.calls import Answer, Call
from tradewind_client.errors import TradewindError
from tradewind_client.exchange import Attempt, Exchanges, Failure, Outcome, Pause
from tradewind_client.keys import ApiKey
from tradewind_client.platform_calls import list_pools
from tradewind_client.resources import issue_ticket, submit_intent
from tradewind_client.settings import Target
from tradewind_client.signal_calls import submit_signal
from tradewind_client.subscription import MAX_FRAME_BYTES, Subscription
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from loadtest.load.portfolios import PORTFOLIOS, portfolio_of
from loadtest.load.signal_spans import SignalSpans
from loadtest.signals import signal_body
from tests.support.requests import intent_mix

STRATEGIES: Final = 5 * PORTFOLIOS
TOPICS: Final = {"intent": ("intent", "risk", "plan", "exec"), "signal": ("signal", "decision")}
PRICED: Final = ("WETH", "USDC")
PRICE_SECONDS: Final = 5.0
"""How long a price is taken for the present one."""
EVERYTHING_EVERY: Final = 10
"""One follower in so many follows everything."""
STREAM: Final = "WS"
MAX_CONNECTIONS: Final = 256
PATIENCE_SECONDS: Final = 1.0
_numbers = itertools.count()


class Sender(FastHttpUser):
    """Sends what is due, whether or not what was sent before was answered in time."""

    abstract = True
    concurrency = MAX_CONNECTIONS
    per_second: ClassVar[float] = 1.0
    """What the profile wants at this moment."""
    kind: ClassVar[str]
    """What the correlations of what it sends begin with."""

    def on_start(self) -> None:
        """Make a client of one user; nothing is repeated, so that every answer is counted."""
        self._exchanges = Exchanges(
            ApiKey.from_environment(), lambda: datetime.now(UTC), max_retries=0
        )
        self._due = time.monotonic()

    def wait_time(self) -> float:
        """Return how long it is until the next one is due."""
        self._due += 1 / self.per_second
        return max(0.0, self._due - time.monotonic())

    def _send(self, call: Call[Any]) -> None:
        steps = self._exchanges.run(call)
        outcome: Outcome = None
        try:
            while True:
                step = steps.send(outcome)
                outcome = None if isinstance(step, Pause) else self._attempt(step)
        except (StopIteration, TradewindError):
            return

    def _attempt(self, attempt: Attempt) -> Answer | Failure:
        response = self.client.request(
            attempt.method,
            attempt.target,
            data=attempt.body.decode(),
            headers=dict(attempt.headers),
        )
        if response.headers is None:
            return Failure("no answer", was_sent=True)
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content or b"")


class IntentUser(Sender):
    """Submits intents."""

    kind = "intent"

    @task
    def submit(self) -> None:
        """POST /intents: one of a mix that has every usual end."""
        number = next(_numbers)
        intent = intent_mix(number, f"paper-load-{number % STRATEGIES}")
        intent["portfolio_id"] = portfolio_of(number)
        gevent.spawn(self._send, submit_intent(intent, None))


class SignalUser(Sender):
    """Submits signals at the price of the pools, which the simulated provider follows."""

    kind = "signal"

    def on_start(self) -> None:
        """Know no price yet."""
        super().on_start()
        self._price, self._known_at = Decimal(0), float("-inf")

    @task
    def submit(self) -> None:
        """POST /signals."""
        if time.monotonic() - self._known_at > PRICE_SECONDS:
            self._price, self._known_at = price_of(self.host), time.monotonic()
        signal = signal_body(next(_numbers), self._price)
        gevent.spawn(self._send, submit_signal(signal, None))


def price_of(url: str | None) -> Decimal:
    """Return US dollars for an ether, as the platform's pools have it."""
    with Client(url) as client:
        pools = client.send(list_pools()).pools
    return next(
        Decimal(one.price)
        for one in pools
        if (one.base, one.quote) == PRICED and one.price is not None
    )


class Follower(User):
    """Follows the stream, and comes back where it was when it is cut off.

    Only intents or signals are timed: an event of the market has the time of a block.
    """

    kind: ClassVar[str] = "intent"
    followers: Final[set["Follower"]] = set()

    def on_start(self) -> None:
        """Choose what to follow."""
        number = len(self.followers)
        self.followers.add(self)
        everything = number % EVERYTHING_EVERY == 0
        topics = (
            ["*"] if everything else [TOPICS[self.kind][number % len(TOPICS[self.kind])] + ".*"]
        )
        self._spans = SignalSpans() if self.kind == "signal" and number == 0 else None
        self._subscription = Subscription(topics)
        self._socket: ClientConnection | None = None
        self._dropped_at: float | None = None

    def on_stop(self) -> None:
        """Forget it."""
        self.followers.discard(self)
        self.drop()

    def drop(self) -> None:
        """Lose the connection, as a client does that dies."""
        if self._socket is not None:
            self._dropped_at = time.perf_counter()
            self._socket.socket.close()

    @task
    def follow(self) -> None:
        """Connect, and count every event with its time from its producer to here."""
        started = self._dropped_at or time.perf_counter()
        try:
            with connect(Target.of(self.host, None).stream_url, max_size=MAX_FRAME_BYTES) as socket:
                self._socket = socket
                for message in self._subscription.opening(self._ticket()):
                    socket.send(message)
                for text in socket:
                    self._receive(text, started)
        except (OSError, WebSocketException, TradewindError) as error:
            if self._dropped_at is None and self in self.followers:
                self._count("cut off", 0.0, error=error)
                gevent.sleep(PATIENCE_SECONDS)

    def _ticket(self) -> str | None:
        """Return what proves who this is, where a key is given."""
        if ApiKey.from_environment() is None:
            return None
        with Client(self.host) as client:
            return client.send(issue_ticket()).ticket

    def _receive(self, text: str | bytes, started: float) -> None:
        was_confirmed = self._subscription.is_confirmed
        event = self._subscription.receive(text)
        if not was_confirmed and self._subscription.is_confirmed:
            name = "connect" if self._dropped_at is None else "connect again"
            self._count(name, (time.perf_counter() - started) * 1_000)
            self._dropped_at = None
        if event is not None and event.correlation_id.startswith(f"{self.kind}-"):
            late = datetime.now(UTC) - event.timestamp
            self._count("event", late.total_seconds() * 1_000, len(text))
            for name, milliseconds in self._spans.note(event) if self._spans else ():
                self._count(name, milliseconds)

    def _count(
        self, name: str, milliseconds: float, length: int = 0, error: Exception | None = None
    ) -> None:
        self.environment.events.request.fire(
            request_type=STREAM,
            name=name,
            response_time=milliseconds,
            response_length=length,
            exception=error,
            context={},
        )
