"""The outcome of a run, for people."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.chaos import book_inspection, command_inspection, inspection
from tests.chaos.inspection import Finding
from tests.chaos.run import Injection
from tests.chaos.sent import Outcome
from tests.chaos.told_inspection import TOLD
from tests.chaos.verification import VERIFICATION

MAX_SHOWN = 20
KINDS = (
    *inspection.KINDS,
    *book_inspection.KINDS,
    TOLD,
    *command_inspection.KINDS,
    VERIFICATION,
)


@dataclass
class Report:
    """The injected faults and the findings."""

    command: str
    """The command that repeats this run."""
    injections: Sequence[Injection]
    findings: Sequence[Finding]
    requests: Mapping[Outcome, int]
    takeovers: Sequence[float]
    redecided: int
    """The number of copies set aside because a role repeated a decision later."""
    swaps: int | None = None
    """Transactions of the wallet that swapped; None where nothing trades on a chain."""
    commands: Mapping[str, int] = field(default_factory=dict)
    """Answered commands of people, by kind."""

    @property
    def problems(self) -> list[str]:
        """Return every violation, one line each."""
        during = [f"{one.fault}: {text}" for one in self.injections for text in one.problems]
        return during + [f"{finding.kind}: {finding.text}" for finding in self.findings]

    def __str__(self) -> str:
        return "\n".join([*self._table(), "", *self._totals(), "", *self._verdict()])

    def _table(self) -> list[str]:
        by_fault: dict[str, list[Injection]] = defaultdict(list)
        for injection in self.injections:
            by_fault[injection.fault.partition(":")[0]].append(injection)
        width = max(map(len, by_fault), default=5)
        lines = [f"{'fault':<{width}}  count  recovery p50     max  (seconds)  violations"]
        for fault, injections in sorted(by_fault.items()):
            seconds = [
                one.recovery_seconds for one in injections if one.recovery_seconds is not None
            ]
            half, most = (median(seconds), max(seconds)) if seconds else (float("nan"),) * 2
            wrong = sum(len(one.problems) for one in injections)
            lines.append(
                f"{fault:<{width}}  {len(injections):>5}  {half:>12.1f}  {most:>6.1f}"
                f"             {wrong or '-':>10}"
            )
        return lines

    def _totals(self) -> list[str]:
        counts = Counter(finding.kind for finding in self.findings)
        requests = ", ".join(f"{count} {outcome}" for outcome, count in self.requests.items())
        lines = [f"intents: {requests}", *(f"{kind}: {counts[kind]}" for kind in KINDS)]
        if self.takeovers:
            lines.append(
                f"coordinator takeover: {len(self.takeovers)}, "
                f"p50 {median(self.takeovers):.1f} s, max {max(self.takeovers):.1f} s"
            )
        if self.swaps is not None:
            lines.append(f"swaps on the chain: {self.swaps}")
        if self.commands:
            told = ", ".join(f"{count} {kind}" for kind, count in sorted(self.commands.items()))
            lines.append(f"commands: {told}")
        return [*lines, f"decided again and set aside as a copy: {self.redecided}"]

    def _verdict(self) -> list[str]:
        problems = self.problems
        if not problems:
            return [f"PASSED: {len(self.injections)} faults, no violation"]
        more = len(problems) - MAX_SHOWN
        return [
            *problems[:MAX_SHOWN],
            *([f"... and {more} more"] if more > 0 else []),
            f"FAILED: {len(problems)} violations; again with: {self.command}",
        ]
