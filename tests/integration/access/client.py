"""A NATS client that remembers what it was refused, written against the protocol only."""

import asyncio
import re
from collections.abc import Iterable
from typing import Self

import nats
from nats.aio.client import Client
from nats.errors import TimeoutError as NoAnswer

REFUSED = re.compile(
    r'permissions violation for (publish|subscription) to "([^"]+)"', re.IGNORECASE
)
SETTLE_SECONDS = 0.2
ANSWER_SECONDS = 0.5


class Visitor:
    """Somebody's connection."""

    def __init__(self, client: Client, refused: list[str]) -> None:
        self.client = client
        self._refused = refused

    @classmethod
    async def open(cls, url: str, name: str) -> Self:
        """Connect with an inbox of one's own, as every user has to."""
        refused: list[str] = []

        async def remember(error: Exception) -> None:
            refused.extend(subject for _, subject in REFUSED.findall(str(error)))

        client = await nats.connect(
            url, inbox_prefix=f"_INBOX.{name}", error_cb=remember, allow_reconnect=False
        )
        return cls(client, refused)

    async def refused_to_publish(self, subjects: Iterable[str]) -> set[str]:
        """Publish to every subject; return those that were refused."""
        wanted = list(subjects)
        for subject in wanted:
            await self.client.publish(subject, b"x")
        return await self._refused_of(wanted)

    async def refused_to_subscribe(self, subjects: Iterable[str]) -> set[str]:
        """Subscribe to every subject; return those that were refused."""
        wanted = list(subjects)
        for subject in wanted:
            await self.client.subscribe(subject)
        return await self._refused_of(wanted)

    async def ask(self, subject: str, body: bytes = b"") -> bytes | None:
        """Return the answer to a request; None when there is none, because it was refused."""
        try:
            return (await self.client.request(subject, body, timeout=ANSWER_SECONDS)).data
        except NoAnswer:
            return None

    async def ask_for(self, subject: str, body: bytes, reply: str) -> None:
        """Send a request whose answer is to go to another subject, and wait until it has."""
        await self.client.publish(subject, body, reply=reply)
        await self.flush()
        await asyncio.sleep(SETTLE_SECONDS)

    async def flush(self) -> None:
        """Wait until the broker has read all that was sent."""
        # The client's ping overtakes what it has yet to write; a second one does not.
        await self.client.flush()
        await self.client.flush()

    async def close(self) -> None:
        """Close the connection."""
        await self.client.close()

    async def _refused_of(self, wanted: list[str]) -> set[str]:
        await self.flush()
        await asyncio.sleep(SETTLE_SECONDS)
        # The client spells what it was refused in lower case.
        spelled = {subject.lower(): subject for subject in wanted}
        found = {spelled[subject] for subject in self._refused if subject in spelled}
        self._refused.clear()
        return found
