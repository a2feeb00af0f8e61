"""A client of the WebSocket stream that resumes where it was, and counts what it is shown."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.waiting import wait_until

TOPICS: Final = ("intent.*", "risk.*", "plan.*", "exec.*")
CATCH_UP_SECONDS: Final = 60.0


class Follower:
    """What one client was shown."""

    def __init__(self) -> None:
        self.shown: set[str] = set()
        """The ids of the events that came. One that the sweeper sent again comes again."""
        self.places: Counter[int] = Counter()
        """How often each place in the stream came."""
        self.said: list[str] = []
        """Gaps and errors, as they were said."""
        self.connections = 0
        self._stream: str | None = None
        self._last: int | None = None

    async def problems(self, event_ids: Collection[str]) -> list[str]:
        """Return what a client should never see, once it was shown all of these or never will."""
        with contextlib.suppress(TimeoutError):
            await wait_until(lambda: self.shown.issuperset(event_ids), seconds=CATCH_UP_SECONDS)
        missed = len(set(event_ids) - self.shown)
        twice = sum(count > 1 for count in self.places.values())
        found = [f"the stream says {text}" for text in self.said]
        found += [f"{missed} of {len(event_ids)} events were not shown"] if missed else []
        return found + (
            [f"{twice} places of the stream were shown more than once"] if twice else []
        )

    @asynccontextmanager
    async def following(self, url: str) -> AsyncIterator[None]:
        """Follow until the block ends, over as many connections as it takes."""
        task = asyncio.create_task(self._follow(url.replace("http", "ws", 1) + "/stream"))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _follow(self, url: str) -> None:
        async for stream in connect(url, compression=None):
            self.connections += 1
            with contextlib.suppress(ConnectionClosed):
                await stream.send(json.dumps(self._subscription()))
                async for text in stream:
                    self._take(json.loads(text))

    def _subscription(self) -> dict[str, Any]:
        resume = (
            {}
            if self._last is None
            else {"resumeFrom": {"stream": self._stream, "sequence": self._last}}
        )
        return {"action": "subscribe", "topics": list(TOPICS)} | resume

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind is None:
            self._last = place = int(frame["streamSequence"])
            self.shown.add(frame["eventId"])
            self.places[place] += 1
        elif kind in ("gap", "error"):
            self.said.append(json.dumps(frame))
        elif self._last is None and "sequence" in frame:
            self._stream, self._last = frame["stream"], frame["sequence"]
