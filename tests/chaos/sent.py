"""Our own list of what was sent. The checker believes this list and nothing the platform says."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

type Outcome = Literal["accepted", "refused", "unknown"]


@dataclass
class Request:
    """One intent a client wants exactly once; sent again under its key while it has no answer."""

    strategy: str
    """Of this request alone: an intent of ours is known by it wherever it turns up."""
    amount: str
    key: str | None = None
    intent_ids: set[str] = field(default_factory=set)
    """Named by answers with 201. More than one is a defect of the platform."""
    may_have_happened: bool = False
    """An answer was lost, or said that nobody knows."""
    errors: list[str] = field(default_factory=list)
    """Answers no client should ever see."""

    @property
    def outcome(self) -> Outcome:
        """Return what the client knows."""
        if self.intent_ids:
            return "accepted"
        return "unknown" if self.may_have_happened else "refused"


@dataclass
class Injected:
    """What the injector itself put on the stream."""

    poison: dict[bytes, bytes] = field(default_factory=dict)
    """Bodies by SHA-256, all of which must be set aside, each at least once."""
    histories: dict[str, int] = field(default_factory=dict)
    """How many events each made-up correlation has."""

    def add_poison(self, body: bytes) -> bytes:
        """Note bytes that are to be set aside; return them."""
        self.poison[hashlib.sha256(body).digest()] = body
        return body


@dataclass
class Sent:
    """Everything that came from us."""

    requests: dict[str, Request] = field(default_factory=dict)
    """By strategy."""
    injected: Injected = field(default_factory=Injected)

    def request(self, strategy: str, amount: str, key: str | None = None) -> Request:
        """Note a request before it is sent."""
        request = self.requests[strategy] = Request(strategy, amount, key)
        return request

    def counts(self) -> dict[Outcome, int]:
        """Return how many requests ended in which way."""
        found: dict[Outcome, int] = {"accepted": 0, "refused": 0, "unknown": 0}
        for request in self.requests.values():
            found[request.outcome] += 1
        return found
