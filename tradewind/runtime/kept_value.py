"""One value of a key-value bucket that several processes change in turn, by compare and swap.

It is read with a consumer, as a bucket is watched: a login that may do that needs no other right.
"""

from contextlib import suppress
from typing import Any, NamedTuple

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyWrongLastSequenceError, NotFoundError
from nats.js.kv import KeyValue

from tradewind.errors import TransientError

READ_TIMEOUT_SECONDS = 5.0


class ValueUnavailable(TransientError):
    """The broker did not say what a key holds, or did not keep it. Try again."""

    code = "VALUE_UNAVAILABLE"


class Kept(NamedTuple):
    """A value and its revision; 0 and nothing where there never was one."""

    value: bytes
    revision: int


NOTHING = Kept(b"", 0)


def bucket_to_write(jetstream: JetStreamContext, name: str) -> KeyValue:
    """Return a bucket without asking the broker, which `key_value` does each time.

    What is put where there is none raises NoStreamResponseError.
    """
    return KeyValue(name=name, stream=f"KV_{name}", pre=f"$KV.{name}.", js=jetstream, direct=False)


class KeptValue:
    """The value of one key."""

    def __init__(self, jetstream: JetStreamContext, bucket: str, key: str) -> None:
        self._jetstream = jetstream
        self._bucket = bucket
        self._key = key

    async def read(self) -> Kept:
        """Return what the key holds now; ValueUnavailable."""
        try:
            bucket = await self._jetstream.key_value(self._bucket)
            watcher: Any = await bucket.watch(self._key)
            try:
                entry = await watcher.updates(timeout=READ_TIMEOUT_SECONDS)
            finally:
                with suppress(NatsError):
                    await watcher.stop()
        except (NatsError, TimeoutError, NotFoundError) as error:
            raise ValueUnavailable(f"{self._bucket} {self._key}: {error!r}") from None
        if not isinstance(entry, KeyValue.Entry):
            return NOTHING
        return Kept(entry.value or b"", entry.revision or 0)

    async def swap(self, value: bytes, revision: int) -> int | None:
        """Replace what had a revision; return the new one, or None where another was faster."""
        try:
            bucket = bucket_to_write(self._jetstream, self._bucket)
            return await bucket.update(self._key, value, last=revision)
        except KeyWrongLastSequenceError:
            return None
        except (NatsError, TimeoutError) as error:
            raise ValueUnavailable(f"{self._bucket} {self._key}: {error!r}") from None
