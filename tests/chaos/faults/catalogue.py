"""The catalogue of all faults by name."""

from collections.abc import Sequence
from itertools import cycle
from random import Random
from typing import Final

from actors.coordinator.pipeline import MARKED_DONE
from actors.portfolio.settlement import BEFORE_PUBLISH
from tests.chaos.faults.chain import LIES, LyingNode, WrongChain
from tests.chaos.faults.clocks import ClockJump
from tests.chaos.faults.fault import Fault
from tests.chaos.faults.messages import (
    Conflicts,
    Duplicates,
    FilledGap,
    LateEnds,
    Poison,
    Reordering,
)
from tests.chaos.faults.network import Cut, CutAtCommit, HalfClose, Silent, Slow
from tests.chaos.faults.processes import (
    KILLS,
    Freeze,
    FreezeRoleAt,
    Kill,
    KillAll,
    KillAtAcknowledgement,
    KillAtFailpoint,
    KillRoleAt,
    KillWriter,
    Zombie,
)
from tests.chaos.faults.stores import (
    FlushRedis,
    FullStream,
    HeldLock,
    KillServer,
    NewStream,
    ReadOnlyDatabase,
    RemoveStore,
    RemoveUnrecorded,
    RestoreDatabase,
    StopServer,
    TerminateBackends,
)
from tests.chaos.faults.together import Together, can_be_together
from tradewind.contracts.roles import SERVER_NAMES
from tradewind.ledger.append.writer import AFTER_COMMIT, BEFORE_COMMIT
from tradewind.trading.accounting import settle
from tradewind.trading.book import claims, settlement
from tradewind.trading.halts import changes
from tradewind.trading.treasury import books

STEPS: Final = (
    *(claims.BEFORE_COMMIT, claims.AFTER_COMMIT),
    *settle.FAILPOINTS,
    *(settlement.BEFORE_COMMIT, settlement.AFTER_COMMIT, BEFORE_PUBLISH),
)
"""The steps of a claim and of settlement."""
REPLICAS: Final = ("portfolio", "portfolio-2")
JUMPING: Final = ("gateway", "risk", "portfolio", "planner", "orchestrator", "market")
FAULTS: Final[tuple[Fault, ...]] = (
    *KILLS,
    KillWriter(),
    KillAll(),
    *(KillAtAcknowledgement(role) for role in ("risk", "planner", "orchestrator", "coordinator")),
    *(KillAtFailpoint(name) for name in (BEFORE_COMMIT, AFTER_COMMIT, MARKED_DONE)),
    *(KillRoleAt(one, name) for one, name in zip(cycle(REPLICAS), STEPS, strict=False)),
    *(FreezeRoleAt("portfolio", name) for name in (claims.BEFORE_COMMIT, settlement.BEFORE_COMMIT)),
    KillRoleAt("gateway", changes.CHANGED, arrivals=1),
    *(Freeze(name) for name in ("portfolio", "risk", "orchestrator", "sweeper", "treasury")),
    Zombie(),
    Zombie(BEFORE_COMMIT),
    *(Slow(server) for server in SERVER_NAMES),
    *(Silent(server) for server in SERVER_NAMES),
    *(Cut(server) for server in SERVER_NAMES),
    *(HalfClose(server) for server in SERVER_NAMES),
    CutAtCommit("before"),
    CutAtCommit("after"),
    FlushRedis(),
    KillServer("redis"),
    TerminateBackends(),
    StopServer("postgres"),
    KillServer("postgres"),
    KillServer("nats"),
    StopServer("nats"),
    RemoveStore(),
    RemoveUnrecorded(),
    RestoreDatabase(),
    NewStream(),
    ReadOnlyDatabase(),
    HeldLock(),
    *(LyingNode(lie) for lie in LIES),
    WrongChain(),
    *(KillRoleAt("treasury", name, arrivals=1) for name in books.FAILPOINTS),
    Duplicates(),
    Reordering(),
    FilledGap(),
    Poison(),
    Conflicts(),
    LateEnds(),
    FullStream(),
    *(ClockJump(role) for role in JUMPING),
    ClockJump("coordinator"),
)
OF_A_CHAIN: Final = (LyingNode, WrongChain)
"""Faults that need a platform with a chain."""
MOMENTARY: Final = (
    *(Kill, KillAll, Cut, HalfClose, Silent, Slow, FlushRedis, KillServer, StopServer, Freeze),
)
"""Faults that may be injected together with another one of these."""


def kinds(*, has_chain: bool) -> list[Fault]:
    """Return the faults that a platform can be hurt by."""
    return [one for one in FAULTS if has_chain or not _needs_chain(one)]


def _needs_chain(fault: Fault) -> bool:
    of_treasury = isinstance(fault, KillRoleAt) and fault.process == "treasury"
    return of_treasury or isinstance(fault, OF_A_CHAIN)


def draw(
    chance: Random, count: int, pairs: float, only: str = "", *, has_chain: bool = True
) -> Sequence[Fault]:
    """Return faults with `only` in their name, every kind once before the first comes twice.

    A share of `pairs` comes with a second one at the same time.
    """
    known = [fault for fault in kinds(has_chain=has_chain) if only in fault.name]
    drawn: list[Fault] = []
    while known and len(drawn) < count:
        drawn += [_beside(fault, chance, pairs) for fault in chance.sample(known, len(known))]
    return drawn[:count]


def abreast(faults: Sequence[Fault]) -> list[Fault]:
    """Return the same faults in fewer injections: what a node does comes beside something else."""
    of_nodes = [one for one in faults if isinstance(one, OF_A_CHAIN)]
    others = [one for one in faults if one not in of_nodes]
    momentary = [one for one in others if isinstance(one, MOMENTARY)]
    pairs = dict(zip(momentary, of_nodes, strict=False))
    alone = of_nodes[len(pairs) :]
    return [Together(one, pairs[one]) if one in pairs else one for one in others] + alone


def _beside(fault: Fault, chance: Random, pairs: float) -> Fault:
    if chance.random() >= pairs or not isinstance(fault, MOMENTARY):
        return fault
    others = [one for one in FAULTS if isinstance(one, MOMENTARY) and can_be_together(fault, one)]
    return Together(fault, chance.choice(others))
