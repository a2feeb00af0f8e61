"""The settings of the simulated venue as it uses and as it records them."""

from dataclasses import asdict, dataclass

from tradewind.contracts.execution.simulation import SimulationTerms
from tradewind.trading.cores.behaviour import Simulation


@dataclass(frozen=True, slots=True)
class SimulationSettings(Simulation):
    """Seed and probabilities, which are recorded with each execution."""

    @property
    def terms(self) -> SimulationTerms:
        """The settings in the form they are recorded."""
        return SimulationTerms(**asdict(self))

    @classmethod
    def of(cls, terms: SimulationTerms) -> "SimulationSettings":
        """Return the settings that were recorded, to derive fills again."""
        return cls(**dict(terms))
