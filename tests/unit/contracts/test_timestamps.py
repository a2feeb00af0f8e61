"""Times as they are written on the wire."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.wire import format_timestamp

ZONES = st.one_of(
    st.just(UTC), st.integers(-1_439, 1_439).map(lambda m: timezone(timedelta(minutes=m)))
)
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)


@given(MOMENTS)
def test_a_time_of_any_zone_is_written_in_utc_with_milliseconds(moment: datetime) -> None:
    written = format_timestamp(moment)
    assert len(written) == len("2025-08-21T19:26:00.000Z")
    read = datetime.fromisoformat(written)
    assert written.endswith("Z")
    assert timedelta(0) <= moment - read < timedelta(milliseconds=1)
