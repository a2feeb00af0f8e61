"""A client that believes to be connected, and what is said through it."""

import asyncio

from hypothesis import strategies as st
from nats.aio.client import Client

from tradewind.runtime.nats_client import NatsClient

BODIES = st.one_of(
    st.binary(max_size=40), st.sampled_from([b"\r\n", b"PING\r\n", b"MSG a 1 2\r\n"])
)


def connected() -> NatsClient:
    client = NatsClient()
    client._status = Client.CONNECTED
    client._flush_queue = asyncio.Queue()
    client._flusher_task = asyncio.get_running_loop().create_task(asyncio.Event().wait())
    return client
