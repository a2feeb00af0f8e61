"""The actors of the orchestrator: they submit, broadcast and follow the steps of a plan."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from actors.broker import broker
from actors.orchestrator import decide
from actors.orchestrator.ports import OrchestratorPorts
from actors.venues.contract import (
    AtOnceVenue,
    CancellingVenue,
    CuttingVenue,
    DeadlinePassed,
    FollowingVenue,
    OutcomeUnknown,
    Receipt,
    RecordingVenue,
    Reorg,
    SigningVenue,
    StepCancelled,
    StepExpired,
    StepRefused,
    Submission,
    SwapOrder,
    Venue,
    VenueRefused,
    VenueUnavailable,
    provides,
)
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.execution.payloads import (
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS
from tradewind.errors import NotYet
from tradewind.trading.wallet.errors import AnotherPlanRecorded

TIME_LIMIT_MS: Final = 10_000
MAX_SUBMIT_RETRIES: Final = 5
MIN_SUBMIT_BACKOFF_MS: Final = 100
MAX_SUBMIT_BACKOFF_MS: Final = 5_000

logger = structlog.get_logger("orchestrator")


def fail_unavailable(event: Event[PlanCreated], error: Exception, now: datetime) -> list[AnyEvent]:
    """End the flow after the last attempt on VenueUnavailable: no other error proves anything."""
    if not isinstance(error, VenueUnavailable):
        raise error
    return decide.unavailable(event, str(error), attempts=MAX_SUBMIT_RETRIES + 1, now=now)


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[PlanCreated.topic],
    time_limit=TIME_LIMIT_MS,
    max_retries=MAX_SUBMIT_RETRIES,
    min_backoff=MIN_SUBMIT_BACKOFF_MS,
    max_backoff=MAX_SUBMIT_BACKOFF_MS,
    on_exhausted=fail_unavailable,
    takes_body=True,
)
async def submit_plan(
    event: Event[PlanCreated], ports: OrchestratorPorts, body: bytes | None = None
) -> list[AnyEvent]:
    """Submit the plan's step, or only sign it at a venue that signs separately.

    A repetition signs and submits nothing new and returns the same events. Nothing follows from a
    second plan of one id: the ledger has it in quarantine, and the recorded one comes by itself.
    """
    refusal = decide.beyond_approval(event, ports.now())
    if refusal is not None:
        return refusal
    order = decide.order_of(event, body)
    try:
        venue = ports.venue(order.step.venue)
        done = await _at_once(venue, order, ports)
        if isinstance(done, str):
            tx_hash = done
        else:
            transaction = await venue.build_swap_tx(replace(order, cancellation=done))
            if provides(venue, SigningVenue):
                return decide.signed(event, await venue.sign_tx(transaction), ports.confirm_within)
            tx_hash = await venue.submit_tx(transaction)
    except StepCancelled as error:
        return decide.cancelled_unsigned(event, error.cancellation, error.decided_at)
    except StepExpired as error:
        return decide.expired(event, error.decided_at, error.detail)
    except DeadlinePassed:
        return decide.expired(event, ports.now())
    except AnotherPlanRecorded:
        logger.warning(
            "not signed, the ledger has another plan of this id", event_id=event.event_id
        )
        return []
    except StepRefused as error:
        return decide.refused(event, error.detail, error.decided_at, error.reason)
    except VenueRefused as error:
        return decide.refused(event, str(error), ports.now())
    return decide.submitted(
        event, tx_hash, await _submission(venue, tx_hash, ports), ports.confirm_within
    )


async def _at_once(
    venue: Venue, order: SwapOrder, ports: OrchestratorPorts
) -> str | Cancellation | None:
    """Submit an order at once where its venue does that; else find a request to cancel it.

    A request goes before whatever kept the order from being submitted, be it a defect.
    """
    correlation_id = order.plan_event.correlation_id
    if not provides(venue, AtOnceVenue):
        return await ports.find_cancellation(correlation_id)
    try:
        tx_hash = await venue.submit_at_once(order)
    except (OutcomeUnknown, AnotherPlanRecorded):
        raise
    except Exception:
        cancellation = await ports.find_cancellation(correlation_id)
        if cancellation is None:
            raise
        return cancellation
    return await ports.find_cancellation(correlation_id) if tx_hash is None else tx_hash


async def _submission(venue: Venue, tx_hash: str, ports: OrchestratorPorts) -> Submission:
    """Return what a venue kept of a submission, so that a repetition says the same of it."""
    kept = await venue.submission_of(tx_hash) if provides(venue, RecordingVenue) else None
    return Submission(ports.now()) if kept is None else kept


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[StepSigned.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
    takes_body=True,
)
async def broadcast_step(
    event: Event[StepSigned], ports: OrchestratorPorts, body: bytes | None = None
) -> list[AnyEvent]:
    """Broadcast a signed step; where its venue has it already, report since when."""
    venue = ports.venue(event.payload.venue)
    if not provides(venue, SigningVenue):
        raise OutcomeUnknown(f"venue {event.payload.venue} does not sign")
    try:
        submitted_at = await venue.broadcast_tx(event.payload.tx_hash)
    except NotYet:
        if not provides(venue, FollowingVenue):
            raise
        await venue.follow(event.payload.tx_hash, decide.followed(event, body))
        return []
    return decide.broadcast(event, submitted_at, ports.confirm_within)


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[StepSubmitted.topic, StepFilled.topic, StepReorged.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
    takes_body=True,
)
async def follow_step(
    event: decide.StepEvent, ports: OrchestratorPorts, body: bytes | None = None
) -> list[AnyEvent]:
    """Report the next reorg, fill or end of a submitted step; nothing follows the last fill.

    Where the venue has a watcher, the message is done although there is no answer yet: what
    follows is published once there is one.
    """
    fills_known = decide.fills_known(event.payload)
    if fills_known is None:
        return []
    venue = ports.venue(event.payload.step.venue)
    try:
        if provides(venue, CuttingVenue):
            answer: Receipt | Reorg = await venue.cut_or_wait(
                event.payload.tx_hash, event.correlation_id, fills_known
            )
        else:
            answer = await venue.wait_receipt(
                event.payload.tx_hash, fills_known, decide.reorgs_known(event.payload)
            )
    except NotYet:
        if not provides(venue, FollowingVenue):
            raise
        await venue.follow(event.payload.tx_hash, decide.followed(event, body))
        return []
    return decide.answered(event, answer, ports.confirm_within, ports.now())


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[IntentCancelRequested.topic],
    time_limit=TIME_LIMIT_MS,
)
async def cancel_intent(
    event: Event[IntentCancelRequested], ports: OrchestratorPorts
) -> list[AnyEvent]:
    """Have every venue cancel what it has in flight of an intent.

    Whatever is not in flight yet is cancelled by whoever decides about it next.
    """
    payload = event.payload
    await ports.keep_cancellation(event)
    cancellation = Cancellation(event.event_id, payload.requested_by, event.timestamp)
    correlation_id = make_correlation_id(CorrelationKind.INTENT, payload.intent_id)
    for venue in ports.venues.values():
        if provides(venue, CancellingVenue):
            await venue.cancel_in_flight(correlation_id, cancellation)
    return decide.cancel_noted(event)
