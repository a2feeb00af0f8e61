"""The events of one history that may ever be published: one letter each is the bytes of one.

Two letters may share sequence and topic, and so their id, as two plans at different prices do.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

type Body = str
type Consumer = Literal["risk", "planner", "orchestrator"]


class Identity(NamedTuple):
    """An event id: it is derived from sequence and topic."""

    sequence: int
    topic: str


class Facts(NamedTuple):
    """The parts of an event that the write path looks at."""

    identity: Identity
    cause: Identity | None
    consumer: Consumer | None = None


SUBMITTED: Final = Identity(1, "intent.submitted")
APPROVED: Final = Identity(2, "risk.approved")
REJECTED: Final = Identity(2, "risk.rejected")
ACCEPTED: Final = Identity(3, "intent.accepted")
PLANNED: Final = Identity(4, "plan.created")
UNPLANNED: Final = Identity(4, "plan.rejected")
SIGNED: Final = Identity(5, "exec.step_signed")

FIRST: Final = "S"
EVENTS: Final[Mapping[Body, Facts]] = {
    FIRST: Facts(SUBMITTED, None, "risk"),
    "A": Facts(APPROVED, SUBMITTED),
    "C": Facts(ACCEPTED, APPROVED, "planner"),
    "a": Facts(APPROVED, SUBMITTED),
    "c": Facts(ACCEPTED, APPROVED, "planner"),
    "R": Facts(REJECTED, SUBMITTED),
    "P": Facts(PLANNED, ACCEPTED, "orchestrator"),
    "p": Facts(PLANNED, ACCEPTED, "orchestrator"),
    "Q": Facts(UNPLANNED, ACCEPTED),
    "G": Facts(SIGNED, PLANNED),
    "g": Facts(SIGNED, PLANNED),
}
SIGNATURE: Final[Mapping[Body, Body]] = {"P": "G", "p": "g"}
"""The event that tells the signature of a plan."""
ENDS: Final = frozenset("RQGg")
"""With these the model's histories end."""
REJECTIONS: Final = frozenset("RQ")

type Decision = str
"""The bodies that risk publishes for one cause, in order."""
APPROVAL: Final[Decision] = "AC"
OTHER_APPROVAL: Final[Decision] = "ac"
"""The same ids at another price."""
REJECTION: Final[Decision] = "R"


def sequence(body: Body) -> int:
    """Return the place of an event in its history."""
    return EVENTS[body].identity.sequence
