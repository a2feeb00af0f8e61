"""Shows the nonces of a wallet: what each is for, and every form in which it was signed."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import ListPage, cut, integer, page_of
from gateway.http.responses import document_response
from gateway.routes.wallets import ID, MAX_NONCE, wallet_of
from gateway.services import services_of
from tradewind.trading.treasury.slots import SlotDocument


async def list_slots(request: Request) -> Response:
    """GET /wallets/{wallet_id}/slots: its nonces, the highest first, each with all its attempts.

    A nonce belongs for good to the step, approval or filler that took it. An attempt that replaces
    another one, or cancels it, is a generation of the same nonce.
    """
    wallet, limit = await wallet_of(request), page_size(request)
    below = integer(request, "cursor", 0, MAX_NONCE)
    found = await services_of(request).treasury.slots.page(wallet.wallet_id, below, limit + 1)
    page, last = cut(found, limit)
    return document_response(request, page_of(page, None if last is None else last.nonce))


OPERATIONS: Final = [
    Operation(
        "GET",
        "/wallets/{wallet_id}/slots",
        list_slots,
        tag="wallets",
        scope=KeyScope.READ,
        answer=ListPage[SlotDocument],
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
    )
]
