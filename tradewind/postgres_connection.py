"""A connection that asks once a process, not once a connection, what PostgreSQL's own types are.

For each set of types that is new to a connection the driver asks the catalogue, with a query whose
planning takes PostgreSQL 15 to 40 ms; even arrays of integers are new to it. Pools open and close
connections all the time, and the types that come with PostgreSQL are the same everywhere.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import asyncpg

FIRST_ASSIGNED_OID: Final = 10_000
"""Below it are the ids that are written into PostgreSQL's source and never change
(src/include/access/transam.h: FirstGenbkiObjectId)."""

_known: Final[dict[frozenset[int], "_Answer"]] = {}


class _NoStatement(NamedTuple):
    """In place of the statement that asked: none did, so an unnamed one is still prepared."""

    name: str = "none"


type _Answer = tuple[list[asyncpg.Record], Any]


class KnowingConnection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """A connection of our pools.

    It overrides a method that the driver does not document. Were it renamed, the driver would ask
    again as before.
    """

    async def _introspect_types(self, typeoids: Collection[int], timeout: float | None) -> _Answer:  # noqa: ASYNC109
        wanted = frozenset(typeoids)
        answer = _known.get(wanted)
        if answer is None:
            answer = await super()._introspect_types(typeoids, timeout)
            if all(oid < FIRST_ASSIGNED_OID for oid in wanted):
                _known[wanted] = answer[0], _NoStatement()
        return answer
