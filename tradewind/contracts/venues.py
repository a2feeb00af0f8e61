"""The registry of venues. A venue is declared by its row here and its folder in `actors/venues`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

UNISWAP_V3: Final = "uniswap_v3"
SIMULATED: Final = "simulated"


class VenueKind(StrEnum):
    """Whether a swap there moves money."""

    CHAIN = "chain"
    PAPER = "paper"
    """It fills swaps from the pools' states and settles them in a table, so no money moves."""


@dataclass(frozen=True, slots=True)
class VenueDeclaration:
    """A row of the registry."""

    name: str
    kind: VenueKind
    duration_ms: int | None = None
    """How long a swap usually takes; None where a setting has that."""
    folder: str = ""
    """The package with its code; empty means the folder of its name in `actors/venues`."""

    @property
    def package(self) -> str:
        """The package from which the orchestrator imports `open_venue`."""
        return self.folder or f"actors.venues.{self.name}"


_DECLARATIONS: Final = (
    VenueDeclaration(UNISWAP_V3, VenueKind.CHAIN, duration_ms=12_000),
    VenueDeclaration(SIMULATED, VenueKind.PAPER),
)
VENUES: Final[dict[str, VenueDeclaration]] = {one.name: one for one in _DECLARATIONS}


def default_venue(*, has_chain: bool) -> str:
    """Return the venue of strategies that do not trade on paper."""
    wanted = VenueKind.CHAIN if has_chain else VenueKind.PAPER
    return next(venue.name for venue in VENUES.values() if venue.kind is wanted)


def venue_of(strategy_id: str, venue: str, paper_strategies: Iterable[str]) -> str:
    """Return where a strategy trades: at `venue`, or on paper where it matches one of the patterns.

    Capitals make no difference.
    """
    return SIMULATED if _is_paper(strategy_id, tuple(paper_strategies)) else venue


@lru_cache(maxsize=4_096)
def _is_paper(strategy_id: str, paper_strategies: tuple[str, ...]) -> bool:
    """Return the answer that every intent of a strategy gets several times."""
    name = strategy_id.lower()
    return any(fnmatchcase(name, pattern.lower()) for pattern in paper_strategies)


def open_venues(*, has_chain: bool) -> list[VenueDeclaration]:
    """Return the venues an orchestrator opens, which are those on paper if there is no chain."""
    return [one for one in VENUES.values() if has_chain or one.kind is VenueKind.PAPER]
