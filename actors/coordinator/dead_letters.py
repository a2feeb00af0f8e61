"""Records dead letters in the ledger."""

import asyncio
from typing import Final

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.coordinator import metrics
from actors.coordinator.pipeline import Source
from tradewind.contracts.system.dead_letters import DeadLetter, parse_dead_letter
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Rejected
from tradewind.ledger.append.writer import Ledger, LedgerUnavailable
from tradewind.runtime.ack_subject import parse_ack_subject
from tradewind.runtime.loops import beat, pulse
from tradewind.runtime.outage import Outage

LOOP: Final = "dead letters"

logger = structlog.get_logger("coordinator")


async def record_dead_letters(source: Source, ledger: Ledger) -> None:
    """Record dead letters until cancelled, each acknowledged once it is committed."""
    with pulse(LOOP) as alive:
        while True:
            alive.beat()
            with alive.idle():
                messages = await source.next_batch()
            letters, rejected = _read(messages)
            await _record(ledger, letters, rejected)
            for letter in letters:
                metrics.count_dead_letter(letter.queue_group)
            try:
                await source.settle(messages)
            except NatsError as error:
                logger.warning("unacknowledged", messages=len(messages), error=str(error))


async def _record(ledger: Ledger, letters: list[DeadLetter], rejected: list[Rejected]) -> None:
    """Record until the commit is certain, however long PostgreSQL is away."""
    outage = Outage("postgres")
    while True:
        beat()
        try:
            if letters:
                await ledger.record_dead_letters(letters)
            if rejected:
                await ledger.append([], rejected)
        except LedgerUnavailable as error:
            await asyncio.sleep(outage.failed(error))
        else:
            outage.succeeded()
            return


def _read(messages: list[Msg]) -> tuple[list[DeadLetter], list[Rejected]]:
    letters, rejected = [], []
    for message in messages:
        try:
            letters.append(parse_dead_letter(message.headers, message.data))
        except ValueError as error:
            sequence = parse_ack_subject(message.reply).stream_sequence
            rejected.append(
                Rejected(
                    QuarantineReason.MALFORMED, str(error), message.data, message.subject, sequence
                )
            )
    return letters, rejected
