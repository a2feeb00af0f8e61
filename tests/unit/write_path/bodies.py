"""The events of one history that may ever be published: one letter each is the bytes of one.

Two letters may share sequence and topic, and so their id, as two plans at different prices do.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

type Body = str
type Consumer = Literal["risk", "portfolio", "planner", "orchestrator"]


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
SCREENED: Final = Identity(2, "risk.screened")
UNSCREENED: Final = Identity(2, "risk.rejected")
APPROVED: Final = Identity(3, "risk.approved")
REJECTED: Final = Identity(3, "risk.rejected")
ACCEPTED: Final = Identity(4, "intent.accepted")
PLANNED: Final = Identity(5, "plan.created")
UNPLANNED: Final = Identity(5, "plan.rejected")
SIGNED: Final = Identity(6, "exec.step_signed")

FIRST: Final = "S"
EVENTS: Final[Mapping[Body, Facts]] = {
    FIRST: Facts(SUBMITTED, None, "risk"),
    "V": Facts(SCREENED, SUBMITTED, "portfolio"),
    "v": Facts(SCREENED, SUBMITTED, "portfolio"),
    "U": Facts(UNSCREENED, SUBMITTED),
    "A": Facts(APPROVED, SCREENED),
    "C": Facts(ACCEPTED, APPROVED, "planner"),
    "a": Facts(APPROVED, SCREENED),
    "c": Facts(ACCEPTED, APPROVED, "planner"),
    "R": Facts(REJECTED, SCREENED),
    "P": Facts(PLANNED, ACCEPTED, "orchestrator"),
    "p": Facts(PLANNED, ACCEPTED, "orchestrator"),
    "Q": Facts(UNPLANNED, ACCEPTED),
    "G": Facts(SIGNED, PLANNED),
    "g": Facts(SIGNED, PLANNED),
}
SIGNATURE: Final[Mapping[Body, Body]] = {"P": "G", "p": "g"}
"""The event that tells the signature of a plan."""
ENDS: Final = frozenset("URQGg")
"""With these the model's histories end."""
REJECTIONS: Final = frozenset("URQ")

type Decision = str
"""The bodies that a stage of risk publishes for one cause, in order."""
SCREENING: Final[Decision] = "V"
OTHER_SCREENING: Final[Decision] = "v"
"""The same id at another price."""
NO_SCREENING: Final[Decision] = "U"
SCREENINGS: Final = (SCREENING, OTHER_SCREENING, NO_SCREENING)
"""What the instrument stage may decide."""
APPROVAL: Final[Decision] = "AC"
OTHER_APPROVAL: Final[Decision] = "ac"
"""The same ids, on another book."""
REJECTION: Final[Decision] = "R"
JUDGEMENTS: Final = (APPROVAL, OTHER_APPROVAL, REJECTION)
"""What the portfolio stage may decide."""


def sequence(body: Body) -> int:
    """Return the place of an event in its history."""
    return EVENTS[body].identity.sequence
