"""Explores every state that can be reached, and checks each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from tests.unit.write_path import coordinator, faults, roles
from tests.unit.write_path.bodies import (
    APPROVAL,
    ENDS,
    EVENTS,
    REJECTION,
    SCREENING,
    Body,
    Decision,
)
from tests.unit.write_path.coordinator import Step
from tests.unit.write_path.invariants import INVARIANTS, PROGRESS
from tests.unit.write_path.portfolio import is_settled, portfolio
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.state import Claim, Database, Faults, State, Worker, Writer

ALL: Final = Protections()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may happen: faults, and how differently roles may decide."""

    faults: Faults
    screenings: tuple[Decision, ...] = (SCREENING,)
    judgements: tuple[Decision, ...] = (APPROVAL, REJECTION)
    plans: tuple[Body, ...] = ("P", "p")
    risk_processes: int = 1
    portfolio_processes: int = 1

    recorded: str = ""
    """Where the history begins: with this in the ledger, and its last event published again."""

    lost: str = ""
    """What was published after that, and lost when the database was restored."""

    @property
    def start(self) -> State:
        """Return the first state: an intent was accepted and published."""
        workers = (Worker(),) * self.risk_processes
        portfolios = (Worker(),) * self.portfolio_processes
        if not self.recorded:
            return State(self.faults, workers=workers, portfolios=portfolios)
        incarnation = 2 if self.lost else 1
        to_do = [one for one in self.lost if EVENTS[one].consumer]
        kept = SCREENING if SCREENING in self.recorded else None
        claim = Claim(APPROVAL, "claimed") if APPROVAL in self.recorded else Claim()
        return State(
            self.faults,
            Database(self.recorded, kept=kept, claim=claim),
            stream=frozenset(self.recorded + self.lost),
            unrecorded=frozenset(self.lost),
            undone=frozenset((self.recorded[-1], *to_do)),
            incarnation=incarnation,
            writers=(Writer(1, incarnation),),
            workers=workers,
            portfolios=portfolios,
        )


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found: how many states, and the first violation with the way to it."""

    states: int
    violated: str = ""
    path: tuple[str, ...] = ()


class _Visited:
    """The states found so far by number, and how each was reached first and from where at all."""

    def __init__(self, start: State) -> None:
        self.states = [start]
        self.origins: list[tuple[int, str]] = [(0, "")]
        self.predecessors: list[list[int]] = [[]]
        self._numbers = {start: 0}

    def add(self, state: State, origin: int, name: str) -> None:
        """Note that a state follows from another."""
        number = self._numbers.setdefault(state, len(self.states))
        if number == len(self.states):
            self.states.append(state)
            self.origins.append((origin, name))
            self.predecessors.append([origin])
        else:
            self.predecessors[number].append(origin)

    def path(self, number: int) -> tuple[str, ...]:
        """Return the shortest way to a state."""
        names: list[str] = []
        while number:
            number, name = self.origins[number]
            names.append(name)
        return tuple(reversed(names))

    def stuck(self) -> int | None:
        """Return the nearest state from which the end of the history cannot be reached."""
        reaching = [_has_ended(state) for state in self.states]
        waiting = [number for number, ended in enumerate(reaching) if ended]
        while waiting:
            for number in self.predecessors[waiting.pop()]:
                if not reaching[number]:
                    reaching[number] = True
                    waiting.append(number)
        return next((number for number, ends in enumerate(reaching) if not ends), None)


def explore(scenario: Scenario, has: Protections = ALL) -> Exploration:
    """Visit every state, the nearest first, until an invariant is violated or none is left."""
    visited = _Visited(scenario.start)
    number = 0
    while number < len(visited.states):
        state = visited.states[number]
        for invariant in INVARIANTS:
            if not invariant(state):
                return Exploration(len(visited.states), invariant.__name__, visited.path(number))
        for name, successor in _steps(state, scenario, has):
            visited.add(successor, number, name)
        number += 1
    stuck = visited.stuck()
    if stuck is not None:
        return Exploration(number, PROGRESS, visited.path(stuck))
    return Exploration(number)


def _steps(state: State, scenario: Scenario, has: Protections) -> Iterator[Step]:
    return chain(
        coordinator.steps(state, has),
        roles.risk(state, has, scenario.screenings),
        portfolio(state, has, scenario.judgements),
        roles.planner(state, scenario.plans),
        roles.orchestrator(state, has),
        roles.upkeep(state, has),
        faults.steps(state, has),
    )


def _has_ended(state: State) -> bool:
    """Return whether the ledger has the end, or a person has to look at it."""
    database = state.database
    is_halted = len(database.signed) in state.mined
    is_ended = database.log[-1:] in ENDS and is_settled(database.log, database.claim)
    return is_ended or is_halted
