"""Where a venue keeps a transaction before anything else happens: written once, for ever."""

from typing import Protocol

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError

from actors.venues.contract import OutcomeUnknown


class TransactionStore(Protocol):
    """Keys are transaction hashes."""

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one; return whether it was stored by this call."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        ...


class MemoryTransactionStore:
    """A store that lasts as long as the process, for tests and trials."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one."""
        if key in self._values:
            return False
        self._values[key] = value
        return True

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._values.get(key)


class BucketTransactionStore:
    """A key-value bucket on JetStream. Any failure to reach it leaves the outcome unknown."""

    def __init__(self, jetstream: JetStreamContext, bucket: str) -> None:
        self._jetstream = jetstream
        self._name = bucket

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one; OutcomeUnknown when the broker does not answer."""
        try:
            bucket = await self._jetstream.key_value(self._name)
            await bucket.create(key, value)
        except KeyWrongLastSequenceError:
            return False
        except (NatsError, OSError) as error:
            raise OutcomeUnknown(f"{self._name}: {error}") from error
        return True

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None; OutcomeUnknown when the broker does not answer."""
        try:
            bucket = await self._jetstream.key_value(self._name)
            return (await bucket.get(key)).value
        except KeyNotFoundError:
            return None
        except (NatsError, OSError) as error:
            raise OutcomeUnknown(f"{self._name}: {error}") from error
