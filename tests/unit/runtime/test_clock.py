"""Roles decide by the moment their events carry, not by a finer one nobody can look up."""

from datetime import UTC

from tradewind.contracts.wire import format_timestamp
from tradewind.runtime import clock


def test_the_time_is_written_without_losing_any_of_it() -> None:
    for _ in range(100):
        moment = clock.now()
        assert moment.tzinfo is UTC
        assert moment.isoformat(timespec="microseconds").endswith("000+00:00")
        assert format_timestamp(moment)[:-1] == moment.isoformat(timespec="milliseconds")[:-6]
