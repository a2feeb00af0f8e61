"""Shows wallets, their transactions and reconciliations, and asks for a reconciliation.

A wallet belongs to no account: keys that are about some accounts only know of none.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, cut, integer, page_of, typed
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.contracts.ids import Ulid
from tradewind.contracts.wallets.identity import MAX_WALLET_ID_LENGTH
from tradewind.contracts.wallets.report import DEFAULT_THRESHOLD, ReconciliationReport
from tradewind.contracts.wire import DecimalString, Document
from tradewind.trading.treasury.shown import WalletDocument, WalletTransactionDocument

MAX_NONCE: Final = 2**63 - 1
WALLET_ID: Final = r"^[0-9]{1,20}-0x[0-9a-fA-F]{40}$"
_WALLET_ID: Final = TypeAdapter[str](Annotated[str, Field(pattern=WALLET_ID)])
_REPORT_ID: Final = TypeAdapter[str](Ulid)


class _WalletConvertor(StringConvertor):
    """Matches what stands for a wallet in a path, which is not the word of another operation."""

    regex = "(?!reconcile(?:/|$))[^/]+"


register_url_convertor("wallet", _WalletConvertor())


class ReconcileRequest(Document):
    """What counts as within the threshold in the report."""

    threshold: DecimalString = Field(DEFAULT_THRESHOLD, ge=0)
    """In whole tokens. It decides nothing but that: any difference without cause freezes."""


class ReconciliationPending(Document):
    """A reconciliation that takes longer than an answer may."""

    id: Ulid
    """The id of its report, which `GET /wallets/reconcile/history` shows once it is there."""
    status: Literal["pending"] = "pending"


async def list_wallets(request: Request) -> Response:
    """GET /wallets: every wallet with what it holds and should hold, and whether it may trade.

    Balances are those of the block in which the wallet was last compared with the chain.
    """
    wallets = await services_of(request).treasury.wallets.all() if _may_see(request) else []
    return document_response(request, page_of(wallets, None))


async def show_wallet(request: Request) -> Response:
    """GET /wallets/{wallet_id}: one of them."""
    return document_response(request, await wallet_of(request))


async def list_wallet_transactions(request: Request) -> Response:
    """GET /wallets/{wallet_id}/transactions: what it signed, the highest nonce first.

    Approvals, cancellations and what reverted are among them, each with what it cost.
    """
    wallet, limit = await wallet_of(request), page_size(request)
    below = integer(request, "cursor", 0, MAX_NONCE)
    shown = services_of(request).treasury.wallets
    found = await shown.transactions(wallet.wallet_id, below, limit + 1)
    page, last = cut(found, limit)
    return document_response(request, page_of(page, None if last is None else last.nonce))


async def reconcile_wallets(request: Request) -> Response:
    """POST /wallets/reconcile: has all wallets compared with the chain now.

    This says 200 with the report, or 202 with its id where the comparison takes longer than a few
    seconds. What is explained is booked; what is not freezes its wallet, whatever the threshold.
    """
    require_accepts(request, JSON)
    wanted = parse_model(
        ReconcileRequest, await read_json_body(request), noun="request to reconcile"
    )
    if not _may_see(request):
        raise Problem(
            ProblemCode.ACCOUNT_NOT_COVERED, "wallets are shared: this needs a key of all accounts"
        )
    by = caller_of(request).key_id
    report_id, report = await services_of(request).treasury.reconciler.reconcile(
        wanted.threshold, by
    )
    if report is None:
        return document_response(request, ReconciliationPending(id=report_id), status=202)
    return document_response(request, report)


async def list_reconciliations(request: Request) -> Response:
    """GET /wallets/reconcile/history: reports, newest first.

    A reconciliation that found the same as the one before is told once an hour.
    """
    before = typed(request, "cursor", _REPORT_ID, "the next_cursor of a page")
    limit = page_size(request)
    reports = services_of(request).treasury.reports
    found = await reports.page(before, limit + 1) if _may_see(request) else []
    page, last = cut(found, limit)
    return document_response(request, page_of(page, None if last is None else last.id))


def _may_see(request: Request) -> bool:
    return caller_of(request).accounts.are_all


async def wallet_of(request: Request) -> WalletDocument:
    """Return the wallet that the path names; a Problem where the caller sees none."""
    wallet_id: str = request.path_params["wallet_id"]
    try:
        _WALLET_ID.validate_python(wallet_id)
    except ValueError:
        raise invalid_parameter(
            "wallet_id", "must be a chain id, a dash and an address", MAX_WALLET_ID_LENGTH
        ) from None
    wallet = (
        await services_of(request).treasury.wallets.one(wallet_id) if _may_see(request) else None
    )
    if wallet is None:
        raise Problem(ProblemCode.WALLET_NOT_FOUND, f"no wallet has the id {wallet_id}")
    return wallet


ID: Final = path_parameter(
    "wallet_id", Annotated[str, Field(pattern=WALLET_ID)], "The wallet's id, such as `1-0x…`."
)
OPERATIONS: Final = [
    Operation(
        "GET",
        "/wallets",
        list_wallets,
        tag="wallets",
        scope=KeyScope.READ,
        answer=ListPage[WalletDocument],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/wallets/reconcile",
        reconcile_wallets,
        tag="wallets",
        scope=KeyScope.ADMIN,
        answer=ReconciliationReport,
        later=ReconciliationPending,
        body=ReconcileRequest,
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.READ_UNAVAILABLE,
        ],
    ),
    Operation(
        "GET",
        "/wallets/reconcile/history",
        list_reconciliations,
        tag="wallets",
        scope=KeyScope.READ,
        answer=ListPage[ReconciliationReport],
        parameters=[
            Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/wallets/{wallet_id}",
        show_wallet,
        routed="/wallets/{wallet_id:wallet}",
        tag="wallets",
        scope=KeyScope.READ,
        answer=WalletDocument,
        parameters=[ID],
        problems=[ProblemCode.WALLET_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/wallets/{wallet_id}/transactions",
        list_wallet_transactions,
        tag="wallets",
        scope=KeyScope.READ,
        answer=ListPage[WalletTransactionDocument],
        parameters=[
            ID,
            Parameter(
                "cursor",
                "query",
                Annotated[int, Field(ge=0, le=MAX_NONCE)],
                "The `next_cursor` of the page before.",
            ),
            LIMIT,
        ],
        problems=[ProblemCode.WALLET_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
