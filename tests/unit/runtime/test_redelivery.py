"""Whether a message was delivered before, by the subject it is acknowledged on."""

import pytest

from tradewind.runtime.pull_consumer import is_redelivery


@pytest.mark.parametrize("front", ["$JS.ACK.EVENTS.coordinator", "$JS.ACK.hub.ACC1.EVENTS.durable"])
def test_the_count_of_deliveries_is_found_in_both_forms(front: str) -> None:
    rest = "7.7.1763600000000000000.0"
    tail = ".x" if front.count(".") > 3 else ""
    assert not is_redelivery(f"{front}.1.{rest}{tail}")
    assert is_redelivery(f"{front}.2.{rest}{tail}")
    assert is_redelivery(f"{front}.11.{rest}{tail}")
