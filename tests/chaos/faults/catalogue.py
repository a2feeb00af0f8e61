"""Every fault there is, by name."""

from collections.abc import Mapping
from typing import Final

from actors.coordinator.pipeline import MARKED_DONE
from tests.chaos.faults.clocks import ClockJump
from tests.chaos.faults.fault import Fault
from tests.chaos.faults.messages import Conflicts, Duplicates, FilledGap, Poison, Reordering
from tests.chaos.faults.network import Cut, CutAtCommit, HalfClose, Silent, Slow
from tests.chaos.faults.processes import (
    KILLS,
    KillAll,
    KillAtAcknowledgement,
    KillAtFailpoint,
    KillWriter,
    Zombie,
)
from tests.chaos.faults.stores import (
    FlushRedis,
    FullStream,
    KillServer,
    RemoveStore,
    StopServer,
    TerminateBackends,
)
from tradewind.access.identities import SERVER_NAMES
from tradewind.ledger.writer import AFTER_COMMIT, BEFORE_COMMIT

FAULTS: Final[tuple[Fault, ...]] = (
    *KILLS,
    KillWriter(),
    KillAll(),
    *(KillAtAcknowledgement(role) for role in ("risk", "planner", "orchestrator", "coordinator")),
    *(KillAtFailpoint(name) for name in (BEFORE_COMMIT, AFTER_COMMIT, MARKED_DONE)),
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
    RemoveStore(),
    Duplicates(),
    Reordering(),
    FilledGap(),
    Poison(),
    Conflicts(),
    FullStream(),
    *(ClockJump(role) for role in ("gateway", "risk", "planner", "orchestrator", "market")),
    ClockJump("coordinator"),
)
BY_NAME: Final[Mapping[str, Fault]] = {fault.name: fault for fault in FAULTS}
