"""Explores every state that can be reached, and checks each of them."""

from dataclasses import dataclass
from itertools import chain
from typing import Final

from tests.unit.portfolio_protocol import stage, surroundings, waiting
from tests.unit.portfolio_protocol.invariants import INVARIANTS, PROGRESS, is_quiet
from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.state import (
    FAILED,
    FILLED,
    Database,
    Event,
    Faults,
    Row,
    State,
    Worker,
)

ALL: Final = Protections()
NO_FAULTS: Final = Faults()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may happen, and to how many intents of one portfolio that has room for `cap`."""

    faults: Faults = NO_FAULTS
    intents: int = 2
    cap: int = 1
    workers: int = 2
    outcomes: tuple[int, ...] = (FILLED, FAILED)
    waits: bool = False
    """Whether a person is asked about every intent that there is room for."""
    is_recorded: bool = False
    """Whether the ledger has the intents as screened from the beginning."""
    has_lost_a_fill: bool = False
    """Whether both stores were lost when one intent was approved and filled: neither has it."""
    has_signer: bool = False
    """Whether it is followed what the process that signs has proven."""

    @property
    def start(self) -> State:
        """Return the first state: all intents are screened, and nobody has decided."""
        screened = tuple(("s", intent) for intent in range(self.intents))
        ledger = screened if self.is_recorded else ()
        start = self._start(screened, ledger)
        if not self.has_lost_a_fill:
            return start
        return start._replace(
            database=start.database._replace(is_continued=False),
            phase="restored",
            workers=tuple(one._replace(is_proven=False) for one in start.workers),
            messages=frozenset(),
            world=(FILLED, *start.world[1:]),
            said=frozenset({("a", 0)}),
        )

    def _start(self, screened: tuple[Event, ...], ledger: tuple[Event, ...]) -> State:
        return State(
            self.faults,
            self.cap,
            self.outcomes,
            Database(ledger, rows=(Row(),) * self.intents, cursor=len(ledger)),
            workers=(Worker(),) * self.workers,
            messages=frozenset(screened),
            world=(0,) * self.intents,
            signer=Worker() if self.has_signer else None,
            waits=self.waits,
        )


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found: how many states, and the first violation with the way to it."""

    states: int
    violated: str = ""
    path: tuple[str, ...] = ()


def explore(scenario: Scenario, has: Protections = ALL) -> Exploration:
    """Visit every state, the nearest first, until an invariant is violated or none is left."""
    states = [scenario.start]
    numbers, origins = {scenario.start: 0}, [(0, "")]
    predecessors: list[list[int]] = [[]]
    number = 0
    while number < len(states):
        state = states[number]
        for invariant in INVARIANTS:
            if not invariant(state):
                return Exploration(len(states), invariant.__name__, _path(origins, number))
        for name, following in chain(
            stage.steps(state, has),
            waiting.steps(state, has),
            stage.world(state, has),
            surroundings.steps(state, has),
        ):
            found = numbers.setdefault(following, len(states))
            if found == len(states):
                states.append(following)
                origins.append((number, name))
                predecessors.append([])
            predecessors[found].append(number)
        number += 1
    stuck = _first_stuck(states, predecessors)
    if stuck is not None:
        return Exploration(number, PROGRESS, _path(origins, stuck))
    return Exploration(number)


def _path(origins: list[tuple[int, str]], number: int) -> tuple[str, ...]:
    names: list[str] = []
    while number:
        number, name = origins[number]
        names.append(name)
    return tuple(reversed(names))


def _first_stuck(states: list[State], predecessors: list[list[int]]) -> int | None:
    """Return the nearest state from which no quiet one can be reached."""
    reaching = [is_quiet(state) for state in states]
    waiting = [number for number, quiet in enumerate(reaching) if quiet]
    while waiting:
        for number in predecessors[waiting.pop()]:
            if not reaching[number]:
                reaching[number] = True
                waiting.append(number)
    return next((number for number, reaches in enumerate(reaching) if not reaches), None)
