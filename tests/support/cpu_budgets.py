"""A pytest plugin that measures what each distance of tests costs, and holds its budget.

Wall time depends on the load of the machine, so budgets are CPU seconds: those of the test process,
of the children it waited for, and of the processes that still run. They are meant for a machine on
which `reference_loop` takes REFERENCE_SECONDS. The loop runs again before each test file, and its
mean scales the budgets: a slower machine gets more, in proportion.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Final

import psutil
import pytest

BUDGET_CPU_SECONDS: Final[Mapping[str, float]] = {
    "collection": 90,  # in each of three workers
    "house": 20,
    "unit": 255,
    "replay": 80,
    "hostile": 130,
    "acceptance": 280,
    "e2e": 100,
    "chaos": 560,
    "cluster": 16,
    "timescale": 30,
    "integration": 1500,
}
REFERENCE_SECONDS: Final = 0.010
COLLECTION: Final = "collection"
HOUSE: Final = "house"
"""The distance of the tests right in `tests/`, which read the repository itself."""
FILES_SHOWN: Final = 15
_LOOPS = 200_000


def reference_loop() -> float:
    """Return the CPU seconds a fixed piece of pure Python takes here and now."""
    started = time.thread_time()
    total = 0
    for number in range(_LOOPS):
        total += number & 7
    return time.thread_time() - started


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of everything it ever started.

    The time of a dead child counts once its parent has waited for it; that of a process whose
    parent was killed before it is lost.
    """
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def distance_of(path: str) -> str:
    """Return the distance of a test file, given relative to the repository."""
    parts = Path(path).parts
    return parts[1] if len(parts) > 2 else HOUSE


class CpuMeter:
    """Counts, in the process that runs tests, the CPU seconds of each file."""

    def __init__(self) -> None:
        """Start with the time that imports and collection have taken when the first test runs."""
        self.seconds: dict[str, float] = defaultdict(float)
        self.loops: list[float] = []
        self._file = COLLECTION
        self._until = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Count what was used since the last file began, when another begins."""
        file = item.nodeid.partition("::")[0]
        if file != self._file:
            self._count()
            self._file = file
            self.loops.append(reference_loop())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Count the last file; a worker hands everything to the process that reports."""
        if session.config.pluginmanager.hasplugin("dsession"):
            # The workers are children of this process, and count their own seconds.
            self.seconds[COLLECTION] += time.process_time()
            return
        self._count()
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["cpu_seconds"] = dict(self.seconds)
            session.config.workeroutput["reference_loops"] = self.loops

    def _count(self) -> None:
        now = cpu_seconds()
        self.seconds[self._file] += max(now - self._until, 0.0)
        self._until = now


class CpuReport:
    """Adds up what the workers measured, prints it, and fails a run that uses too much."""

    def __init__(self, meter: CpuMeter, *, hold: bool) -> None:
        """Report this process's meter and those of workers; with `hold`, fail over budget."""
        self._meter = meter
        self._hold = hold
        self._tests = Counter[str]()
        self._wall_seconds: dict[str, float] = defaultdict(float)
        self.too_expensive: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Add what a worker of pytest-xdist measured; one that crashed has measured nothing."""
        output = getattr(node, "workeroutput", {})
        for file, seconds in output.get("cpu_seconds", {}).items():
            self._meter.seconds[file] += seconds
        self._meter.loops += output.get("reference_loops", [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test and the time it took by the clock, set-up and teardown included."""
        distance = distance_of(report.nodeid.partition("::")[0])
        self._wall_seconds[distance] += report.duration
        self._tests[distance] += report.when == "setup"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run when a distance used more than its budget."""
        self.too_expensive = list(over_budget(self.by_distance(), self.slowness()))
        if self._hold and self.too_expensive and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print a line for each distance and the most expensive files, at the end of the log."""
        if not self._tests:
            return
        slowness = self.slowness()
        terminalreporter.section(f"CPU seconds (this machine: {slowness:.2f} of the reference)")
        for line in self._lines(slowness):
            terminalreporter.write_line(line)
        for sentence in self.too_expensive:
            terminalreporter.write_line(sentence, red=self._hold)

    def by_distance(self) -> dict[str, float]:
        """Return the CPU seconds of each distance."""
        found: dict[str, float] = defaultdict(float)
        for file, seconds in self._meter.seconds.items():
            found[file if file == COLLECTION else distance_of(file)] += seconds
        return found

    def slowness(self) -> float:
        """Return how many times as long as on the reference machine the loop took."""
        loops = self._meter.loops or [reference_loop()]
        return fmean(loops) / REFERENCE_SECONDS

    def _lines(self, slowness: float) -> Iterator[str]:
        yield f"{'distance':12} {'tests':>6} {'wall s':>8} {'CPU s':>8} {'budget':>8}"
        for distance, seconds in sorted(self.by_distance().items()):
            budget = BUDGET_CPU_SECONDS.get(distance)
            allowed = f"{budget * slowness:8.0f}" if budget else ""
            wall = self._wall_seconds[distance]
            yield f"{distance:12} {self._tests[distance]:6} {wall:8.1f} {seconds:8.1f} {allowed}"
        for file, seconds in Counter(self._meter.seconds).most_common(FILES_SHOWN):
            yield f"{seconds:8.1f}  {file}"


def over_budget(used: Mapping[str, float], slowness: float) -> Iterator[str]:
    """Return a sentence for every distance that used more than its budget."""
    for distance, seconds in used.items():
        allowed = BUDGET_CPU_SECONDS.get(distance, float("inf")) * slowness
        if seconds > allowed:
            yield (
                f"{distance} tests used {seconds:.0f} CPU seconds, {allowed:.0f} are allowed here: "
                "share a server or platform, wait for less, or give examples to the long form; "
                "raise the budget in tests/support/cpu_budgets.py only when what it buys is new."
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which CI holds the budgets."""
    parser.addoption(
        "--hold-budgets",
        action="store_true",
        help="fail when a distance of tests uses more CPU seconds than its budget",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Install the meter in every process, and the report in the main one."""
    meter = CpuMeter()
    config.pluginmanager.register(meter, "cpu-meter")
    if not hasattr(config, "workerinput"):
        report = CpuReport(meter, hold=config.getoption("--hold-budgets"))
        config.pluginmanager.register(report, "cpu-report")
