"""Shows the roles: their processes, how far behind they are, and what they gave up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.limits import MAX_PAGE_ITEMS
from gateway.http.operations import Operation
from gateway.http.problems import ProblemCode
from gateway.http.responses import document_response
from gateway.ports import LagByDurable
from gateway.services import services_of
from tradewind.contracts.ordering import Order
from tradewind.contracts.roles import ROLES, Kind, QueueGroup, Role, RoleDeclaration
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.ledger.upkeep.backlogs import BacklogCounts
from tradewind.ledger.upkeep.dead_letters import ListedDeadLetter
from tradewind.ledger.upkeep.documents import DeadLetterDocument

MILLISECOND: Final = Decimal("0.001")


class LoopDocument(Document):
    """A loop of a role, in the process where it is worst."""

    loop: str
    status: Literal["alive", "stalled"]
    last_alive_ms_ago: int = Field(ge=0)


class QueueGroupDocument(Document):
    """The workers that share the messages of some topics."""

    queue_group: str
    order: Order
    """By which key its messages wait for each other."""
    topics: tuple[str, ...]
    """What it acts on; none where it reads whole streams."""
    consumers: int = Field(ge=0)
    """How many durable consumers it has, one for each partition."""
    status: Literal["active", "missing", "unknown"]
    """`missing` while one of its consumers does not exist; `unknown` where the broker is silent."""
    pending: int | None
    """What it has not been given yet; null unless it is `active`."""
    ack_pending: int | None
    """What it works on."""
    redelivered: int | None
    """What of that was given to it more than once."""
    open_dead_letters: int | None
    """How many messages it gave up that nobody has answered for; null for who may not see them."""


class LastDeadLetter(Document):
    """The newest message that a role gave up."""

    dead_letter_id: str
    queue_group: str
    reason: str
    error: str
    recorded_at: Timestamp


class RoleDocument(Document):
    """A role."""

    role: Role
    kind: Kind
    status: Literal["alive", "stalled", "missing", "unknown"]
    """`unknown` while this gateway has not listened long enough to miss it."""
    processes: int = Field(ge=0)
    missing_processes: int = Field(ge=0)
    """Those heard within two minutes, and not any more."""
    loops: tuple[LoopDocument, ...]
    queue_groups: tuple[QueueGroupDocument, ...]
    last_dead_letter: LastDeadLetter | None
    """The newest that is open."""


class BacklogDocument(Document):
    """What waits in the ledger, 10,000 counted at most."""

    parked: int
    """Events that wait for their predecessors."""
    oldest_parked_seconds: DecimalString
    quarantined: int
    """Messages that the ledger refused."""
    open_dead_letters: int
    stalled: int
    """Open histories without progress."""


class RoleList(Document):
    """The roles in the order in which an intent meets them."""

    items: tuple[RoleDocument, ...]
    backlogs: BacklogDocument | None
    """Null for a key that is about some accounts only."""


class _GivenUp(NamedTuple):
    """What only those see who may see everything."""

    newest: Mapping[str, ListedDeadLetter]
    """By queue group, among the newest that are open."""
    counts: Mapping[str, int]
    backlogs: BacklogCounts


async def list_roles(request: Request) -> Response:
    """GET /roles: every role with its processes, its lag, and the messages it gave up.

    Numbers are those of all processes together; they are asked for once a second at most.
    """
    services = services_of(request)
    report = await services.readiness.report()
    given_up = await _given_up(request) if caller_of(request).accounts.are_all else None
    heard = {one["role"]: one for one in services.processes.roles()}
    items = [
        _role(declaration, heard[name], report.lags, given_up)
        for name, declaration in ROLES.items()
        if name in heard
    ]
    backlogs = None if given_up is None else _backlogs(given_up.backlogs)
    return document_response(request, RoleList(items=tuple(items), backlogs=backlogs))


async def _given_up(request: Request) -> _GivenUp:
    records = services_of(request).records
    newest = await records.dead_letters.page("open", MAX_PAGE_ITEMS)
    by_group = {one.queue_group: one for one in reversed(newest)}
    counts = await records.backlogs.open_dead_letters()
    after_seconds = records.stalled_settings.stalled_after_seconds
    return _GivenUp(by_group, counts, await records.backlogs.counts(after_seconds))


def _role(
    declaration: RoleDeclaration,
    heard: Mapping[str, Any],
    lags: LagByDurable,
    given_up: _GivenUp | None,
) -> RoleDocument:
    groups = declaration.queue_groups
    newest = given_up.newest if given_up is not None else {}
    letters = [newest[one.name] for one in groups if one.name in newest]
    last = max(letters, key=lambda one: one.place, default=None)
    return RoleDocument(
        role=Role(declaration.name),
        kind=declaration.kind,
        status=heard["status"],
        processes=heard["processes"],
        missing_processes=heard["missing_processes"],
        loops=tuple(LoopDocument(**one) for one in heard["loops"]),
        queue_groups=tuple(_queue_group(one, lags, given_up) for one in groups),
        last_dead_letter=None if last is None else _last(last),
    )


def _queue_group(
    group: QueueGroup, lags: LagByDurable, given_up: _GivenUp | None
) -> QueueGroupDocument:
    lag = lags.get(group.durable)
    is_missing = group.durable in lags and lag is None
    return QueueGroupDocument(
        queue_group=group.name,
        order=group.order,
        topics=group.topics,
        consumers=0 if lag is None else lag.consumers,
        status="active" if lag is not None else "missing" if is_missing else "unknown",
        pending=None if lag is None else lag.pending,
        ack_pending=None if lag is None else lag.unacknowledged,
        redelivered=None if lag is None else lag.redelivered,
        open_dead_letters=None if given_up is None else given_up.counts.get(group.name, 0),
    )


def _last(letter: ListedDeadLetter) -> LastDeadLetter:
    document = DeadLetterDocument.of(letter)
    return LastDeadLetter(
        dead_letter_id=document.id,
        queue_group=document.queue_group,
        reason=document.reason,
        error=document.error,
        recorded_at=letter.recorded_at,
    )


def _backlogs(counts: BacklogCounts) -> BacklogDocument:
    oldest = Decimal(str(max(0.0, counts.oldest_parked_seconds))).quantize(MILLISECOND)
    return BacklogDocument(
        parked=counts.parked,
        oldest_parked_seconds=oldest,
        quarantined=counts.quarantined,
        open_dead_letters=counts.open_dead_letters,
        stalled=counts.stalled,
    )


OPERATIONS: Final = [
    Operation(
        "GET",
        "/roles",
        list_roles,
        tag="operations",
        scope=KeyScope.READ,
        answer=RoleList,
        problems=[ProblemCode.READ_UNAVAILABLE],
    )
]
