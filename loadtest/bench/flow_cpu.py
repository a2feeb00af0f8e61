"""The CPU time of a flow by process, with the node apart and what idling costs taken off."""

from collections.abc import Mapping
from typing import Final, NamedTuple

NODE: Final = "anvil"
"""The chain's node: it stands for the rest of the world, so budgets leave it out."""
_LEAST_SHARE_MS: Final = 2.0


class FlowCpu(NamedTuple):
    """Milliseconds of CPU a flow costs, by process."""

    by_process_ms: Mapping[str, float]

    @property
    def ours_ms(self) -> float:
        """All processes and servers but the node."""
        return sum(value for name, value in self.by_process_ms.items() if name != NODE)

    @property
    def node_ms(self) -> float:
        return self.by_process_ms.get(NODE, 0.0)

    @property
    def note(self) -> str:
        """The shares of the processes, the largest first, and the node's apart."""
        ours = [share for share in self.by_process_ms.items() if share[0] != NODE]
        large = [share for share in ours if share[1] >= _LEAST_SHARE_MS]
        shares = [f"{name} {value:.1f}" for name, value in sorted(large, key=lambda one: -one[1])]
        shares.append(f"others {self.ours_ms - sum(value for _, value in large):.1f}")
        node = f"; {NODE} {self.node_ms:.1f}" if NODE in self.by_process_ms else ""
        return ", ".join(shares) + node


class Stretch(NamedTuple):
    """The CPU seconds of each process over a stretch of time."""

    seconds: float
    cpu_seconds: Mapping[str, float]

    def a_second(self) -> FlowCpu:
        """Divide by the seconds."""
        return FlowCpu({name: used / self.seconds * 1e3 for name, used in self.cpu_seconds.items()})

    def a_flow(self, flows: int, idle: "Stretch | None" = None) -> FlowCpu:
        """Divide by the number of flows; `idle` is a stretch in which the platform had no work."""
        idle_share = {} if idle is None else idle.cpu_seconds
        scale = 0.0 if idle is None else self.seconds / idle.seconds
        return FlowCpu(
            {
                name: max(0.0, used - scale * idle_share.get(name, 0.0)) / flows * 1e3
                for name, used in self.cpu_seconds.items()
            }
        )


class Clocks(NamedTuple):
    """A moment in monotonic seconds, and the CPU seconds of each process until then."""

    at: float
    cpu_seconds: Mapping[str, float]


def stretch_between(before: Clocks, after: Clocks) -> Stretch:
    """Return what was used between two readings."""
    used = {
        name: seconds - before.cpu_seconds.get(name, 0.0)
        for name, seconds in after.cpu_seconds.items()
    }
    return Stretch(after.at - before.at, used)
