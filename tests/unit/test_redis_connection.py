"""A connection to Redis that was cut is an outage, however the event loop says so."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError

from tradewind.redis import CutConnection


class ClosedTransport:
    """A writer whose transport uvloop has closed already."""

    def writelines(self, _: Any) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>")

    def close(self) -> None:
        """Close nothing: it is closed."""


async def test_a_closed_transport_is_a_lost_connection() -> None:
    connection: Any = CutConnection()
    connection._reader, connection._writer = object(), ClosedTransport()

    with pytest.raises(ConnectionError, match="closed=True"):
        await connection.send_packed_command(b"PING", check_health=False)
    assert not connection.is_connected
