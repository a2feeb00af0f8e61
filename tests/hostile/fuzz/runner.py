"""Sends cases to a gateway, many at a time, and judges what comes back."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Final

from tests.hostile.flood import AttackedGateway
from tests.hostile.fuzz.case import Case
from tests.hostile.fuzz.frames import random_frames
from tests.hostile.fuzz.judge import Misbehaviour, judge
from tests.hostile.fuzz.requests import random_request

CLIENTS: Final = 16
QUIET_SECONDS: Final = 0.15
"""After which a connection that has nothing to say is left."""
ANSWER_SECONDS: Final = 20.0
READ_BYTES: Final = 65_536


@dataclass
class Findings:
    """What came of a run."""

    sent: int = 0
    answered: int = 0
    failures: list[str] = field(default_factory=list)


def cases(seed: int) -> Iterator[Case]:
    """Yield requests and frames by turns, for ever."""
    random = Random(seed)
    while True:
        yield random_request(random)
        yield random_frames(random)


async def fuzz(gateway: AttackedGateway, seed: int, count: int) -> Findings:
    """Send so many cases of a seed; return what was wrong."""
    findings, waiting = Findings(), islice(cases(seed), count)
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_send_all(gateway, waiting, findings))
    return findings


async def _send_all(gateway: AttackedGateway, waiting: Iterator[Case], found: Findings) -> None:
    for case in waiting:
        found.sent += 1
        try:
            received = await _send(gateway, case)
            found.answered += judge(received, case.sent.partition(b" ")[0]) > 0
        except (Misbehaviour, TimeoutError) as error:
            found.failures.append(f"{error!r}: {case.pieces!r:.2000}")


async def _send(gateway: AttackedGateway, case: Case) -> bytes:
    """Return what came until the gateway ended the connection, or had nothing more to say.

    Of a client that sends on to a connection which has ended the answer may be lost.
    """
    reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
    received = bytearray()
    reading = asyncio.ensure_future(_read(reader, received))
    try:
        with suppress(ConnectionError):
            for piece in case.pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        async with asyncio.timeout(ANSWER_SECONDS):
            await _until_quiet(reading, received, is_expected=case.is_whole)
        if case.is_whole and not received and not (reading.done() and reading.result()):
            raise Misbehaviour("no answer")
    finally:
        reading.cancel()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return bytes(received)


async def _until_quiet(
    reading: asyncio.Future[bool], received: bytearray, *, is_expected: bool
) -> None:
    before = -1
    while not reading.done() and (before != len(received) or (is_expected and not received)):
        before = len(received)
        await asyncio.wait([reading], timeout=QUIET_SECONDS)


async def _read(reader: asyncio.StreamReader, received: bytearray) -> bool:
    """Take in all that comes; return whether the connection was reset in the end."""
    try:
        while piece := await reader.read(READ_BYTES):
            received += piece
    except ConnectionError:
        return True
    return False
