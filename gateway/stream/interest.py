"""Keeps what one client wants to see."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.stream.events import Frame
from gateway.stream.facets import Facets
from gateway.stream.topic_patterns import TopicPattern


@dataclass(frozen=True)
class Filter:
    """A pattern, for all correlations or one, and for all signals or some."""

    pattern: TopicPattern
    correlation_id: str | None = None
    facets: Facets | None = None

    def matches(self, frame: Frame) -> bool:
        if self.correlation_id not in (None, frame.correlation_id):
            return False
        return self.matches_beside_correlation(frame)

    def matches_beside_correlation(self, frame: Frame) -> bool:
        """Return whether an event of the right correlation matches."""
        if not self.pattern.matches(frame.topic):
            return False
        return self.facets is None or self.facets.match(frame.facts)


class Interest:
    """The filters of a client, each with the stream sequence after which it delivers live."""

    def __init__(self) -> None:
        self.latest = 0
        """The greatest start of a filter: whatever comes after it, every filter delivers."""
        self._by_correlation: dict[str | None, dict[Filter, int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, one: Filter) -> bool:
        return one in self._by_correlation.get(one.correlation_id, {})

    def add(self, filters: Iterable[Filter], since: int) -> None:
        """Deliver what matches after `since`; a filter added before keeps its earlier start."""
        self.latest = max(self.latest, since)
        for one in filters:
            group = self._by_correlation.setdefault(one.correlation_id, {})
            self._count += one not in group
            group[one] = min(since, group.get(one, since))

    def remove(self, filters: Iterable[Filter]) -> None:
        """Forget filters; unknown ones are ignored."""
        for one in filters:
            group = self._by_correlation.get(one.correlation_id, {})
            self._count -= group.pop(one, None) is not None
            if not group:
                self._by_correlation.pop(one.correlation_id, None)

    def of_correlation(self, correlation_id: str | None) -> list[Filter]:
        """Return the filters with exactly this correlation (None: those without one)."""
        return list(self._by_correlation.get(correlation_id, ()))

    def all(self) -> list[Filter]:
        """Return every filter."""
        return [one for group in self._by_correlation.values() for one in group]

    def earliest(self) -> int | None:
        """Return the smallest start of all filters, None without any."""
        starts = [start for group in self._by_correlation.values() for start in group.values()]
        return min(starts, default=None)

    def restart(self, since: int) -> None:
        """Let every filter deliver after `since`: the stream's sequences began again."""
        self.latest = since
        for group in self._by_correlation.values():
            for one in group:
                group[one] = since

    def wants(self, frame: Frame) -> bool:
        """Return whether some filter delivers this event live."""
        return self._wants(frame, None) or self._wants(frame, frame.correlation_id)

    def _wants(self, frame: Frame, correlation_id: str | None) -> bool:
        group = self._by_correlation.get(correlation_id)
        if not group:
            return False
        return any(
            since < frame.sequence and one.matches_beside_correlation(frame)
            for one, since in group.items()
        )
