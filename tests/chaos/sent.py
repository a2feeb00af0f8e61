"""Our own list of sent requests, which is all that the checker trusts."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

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


@dataclass
class Sent:
    """All requests and messages that we sent."""

    requests: dict[str, Request] = field(default_factory=dict)
    """Requests by strategy."""
    injected: Injected = field(default_factory=Injected)

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
