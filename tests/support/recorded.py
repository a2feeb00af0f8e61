"""Repeats the decisions of recorded histories in memory."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass, field

from research.redecide.__main__ import redecide
from research.redecide.decisions import Decision
from research.redecide.markets import RecordedMarkets
from research.redecide.report import Counts
from research.redecide.rerun import Difference, ReRunner, TodaysSettings
from research.redecide.sources import FileSource, Source
from tests.replay.golden import history_path
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.transfer import history_file
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import Router


@dataclass
class Findings:
    """Collects what a report receives."""

    differences: list[Difference] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """The reasons why decisions could not be repeated."""
    counts: Counts = field(default_factory=Counts)

    def differs(self, difference: Difference) -> None:
        """Collect it."""
        self.differences.append(difference)

    def not_rerunnable(self, decision: Decision, reason: str) -> None:
        """Collect it."""
        self.reasons.append(reason)

    def finish(self, counts: Counts) -> None:
        """Collect them."""
        self.counts = counts


@dataclass
class MemorySource:
    """A source of the given events."""

    events: list[AnyEvent]

    async def pages(self) -> AsyncIterator[list[AnyEvent]]:
        """Return all at once."""
        yield self.events

    async def observations(self, correlation_ids: Collection[str]) -> list[AnyEvent]:
        """Return the observations of these histories."""
        return [event for event in self.events if event.correlation_id in correlation_ids]


def events_of(name: str, wanted: Callable[[AnyEvent], bool] = lambda _: True) -> list[AnyEvent]:
    """Return the events of a golden file."""
    read: Iterable[AnyEvent] = (
        incoming.event for incoming in history_file.read_events(history_path(name))
    )
    return [event for event in read if wanted(event)]


async def run_again(
    source: Source | str, todays: TodaysSettings | None = None, router: Router | None = None
) -> Findings:
    """Repeat the decisions of a golden history or another source, by default as recorded."""
    if isinstance(source, str):
        source = FileSource(history_path(source))
    findings = Findings()
    markets = RecordedMarkets(source, router or PythonRouter())
    await redecide(source, ReRunner(markets, todays), findings)
    return findings
