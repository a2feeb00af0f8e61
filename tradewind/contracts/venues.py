"""Every venue, once. A venue is declared by its row here and its folder in `actors/venues`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNISWAP_V3: Final = "uniswap_v3"
SIMULATED: Final = "simulated"


class VenueKind(StrEnum):
    """Whether a swap there moves money."""

    CHAIN = "chain"
    PAPER = "paper"
    """Swaps against the pools' states and settles in a table."""


@dataclass(frozen=True, slots=True)
class VenueDeclaration:
    """A row of the table."""

    name: str
    kind: VenueKind
    duration_ms: int | None = None
    """How long a swap usually takes; None where a setting says so."""
    folder: str = ""
    """The package with its code; the folder of its name unless it says otherwise."""

    @property
    def package(self) -> str:
        """What the orchestrator imports to open it: the package's `open_venue`."""
        return self.folder or f"actors.venues.{self.name}"


_DECLARATIONS: Final = (
    VenueDeclaration(UNISWAP_V3, VenueKind.CHAIN, duration_ms=12_000),
    VenueDeclaration(SIMULATED, VenueKind.PAPER),
)
VENUES: Final[dict[str, VenueDeclaration]] = {one.name: one for one in _DECLARATIONS}


def default_venue(*, has_chain: bool) -> str:
    """Return where strategies trade that are not on paper."""
    wanted = VenueKind.CHAIN if has_chain else VenueKind.PAPER
    return next(venue.name for venue in VENUES.values() if venue.kind is wanted)


def open_venues(*, has_chain: bool) -> list[VenueDeclaration]:
    """Return the venues an orchestrator opens: those of chains only where there is one."""
    return [one for one in VENUES.values() if has_chain or one.kind is VenueKind.PAPER]
