"""Our own list of sent requests, which is all that the checker trusts."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

type Outcome = Literal["accepted", "refused", "unknown"]


@dataclass
class Request:
    """One intent that must happen exactly once; it is resent under its key until answered."""

    strategy: str
    """The strategy of this request alone, which identifies its intent everywhere."""
    amount: str
    key: str | None = None
    intent_ids: set[str] = field(default_factory=set)
    """Ids in answers with 201; more than one is a defect of the platform."""
    may_have_happened: bool = False
    """Whether an answer was lost, or left the outcome unknown."""
    errors: list[str] = field(default_factory=list)
    """Answers that no client should ever see."""

    @property
    def outcome(self) -> Outcome:
        """Return the outcome as the client knows it."""
        if self.intent_ids:
            return "accepted"
        return "unknown" if self.may_have_happened else "refused"


@dataclass
class Injected:
    """The messages that the injector itself published."""

    poison: dict[bytes, bytes] = field(default_factory=dict)
    """Bodies by SHA-256, all of which must be set aside, each at least once."""
    histories: dict[str, int] = field(default_factory=dict)
    """The number of events of each made-up correlation."""

    def add_poison(self, body: bytes) -> bytes:
        """Note bytes that are to be set aside; return them."""
        self.poison[hashlib.sha256(body).digest()] = body
        return body


class Halt(NamedTuple):
    """A time in which a scope was halted, from the answer on until before it was resumed."""

    scope: str
    first_look: int
    """The look at what was signed that began after the answer."""
    last_look: int
    """The look that ended before anybody asked to resume."""


class Cancellation(NamedTuple):
    """A request to cancel an intent that was answered before a look at what was signed."""

    intent_id: str
    look: int


class Capital(NamedTuple):
    """Capital that was given to a portfolio, in base units of a token."""

    portfolio_id: str
    token: str
    amount: int


@dataclass
class Commands:
    """What operators and traders asked for while faults were injected."""

    halts: list[Halt] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    capital: list[Capital] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """How many commands of each kind were answered."""
    errors: list[str] = field(default_factory=list)
    """Answers that nobody should ever see."""


@dataclass
class Sent:
    """All requests, commands and messages that we sent."""

    requests: dict[str, Request] = field(default_factory=dict)
    """Requests by strategy."""
    injected: Injected = field(default_factory=Injected)
    commands: Commands = field(default_factory=Commands)

    def request(self, strategy: str, amount: str, key: str | None = None) -> Request:
        """Note a request before it is sent."""
        request = self.requests[strategy] = Request(strategy, amount, key)
        return request

    def counts(self) -> dict[Outcome, int]:
        """Return the number of requests by outcome."""
        found: dict[Outcome, int] = {"accepted": 0, "refused": 0, "unknown": 0}
        for request in self.requests.values():
            found[request.outcome] += 1
        return found
