"""Says which platform this is: what it trades on, who asks, and what forms have to hold."""

from fnmatch import fnmatchcase
from typing import Final, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import Accounts, KeyScope, caller_of
from gateway.http.limits import MAX_BODY_BYTES, MAX_PAGE_ITEMS
from gateway.http.operations import Operation
from gateway.http.responses import document_response
from gateway.platform_facts import PlatformFacts
from gateway.routes.search_documents import MAX_SEARCH_CHARACTERS
from gateway.services import services_of
from tradewind import __version__
from tradewind.contracts.instruments.pools import ChainHead
from tradewind.contracts.intents.model import MAX_SUCCESS_CRITERIA, MAX_TIME_WINDOW_SECONDS
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.risk.approvals import MAX_NOTE_LENGTH
from tradewind.contracts.venues import VenueKind
from tradewind.contracts.wire import Document, Timestamp
from tradewind.runtime import clock
from tradewind.trading.chain.known_chains import DEVELOPMENT_CHAIN_IDS, TEST_CHAIN_IDS
from tradewind.trading.halts.records import MAX_UNTIL

type PlatformMode = Literal["paper", "dev_chain", "test_chain", "live_chain"]


class VenueDocument(Document):
    """Where swaps are made."""

    name: str
    kind: VenueKind
    is_default: bool
    """Whether strategies trade there that are not on paper."""


class CallerDocument(Document):
    """Who asks: the key, what it may do, and which accounts it is about."""

    key_id: str
    """`local` at a gateway that asks for no keys."""
    scopes: tuple[KeyScope, ...]
    strategies: tuple[str, ...]
    """Patterns; `*` covers all."""
    portfolios: tuple[str, ...]


class FormLimits(Document):
    """What a request may hold; what risk allows beside it is in `GET /risk/limits`."""

    max_time_window_seconds: int
    max_success_criteria: int
    max_page_items: int
    max_body_bytes: int
    max_note_characters: int
    """Of a note beside an approval, and of the reason of a trading state."""
    max_reason_characters: int
    """Of the reason for which a dead letter is resolved."""
    max_search_characters: int
    max_until_days: int
    """How far ahead a trading state may end by itself."""


LIMITS: Final = FormLimits(
    max_time_window_seconds=MAX_TIME_WINDOW_SECONDS,
    max_success_criteria=MAX_SUCCESS_CRITERIA,
    max_page_items=MAX_PAGE_ITEMS,
    max_body_bytes=MAX_BODY_BYTES,
    max_note_characters=MAX_NOTE_LENGTH,
    max_reason_characters=MAX_DETAIL_LENGTH,
    max_search_characters=MAX_SEARCH_CHARACTERS,
    max_until_days=MAX_UNTIL.days,
)


class PlatformDocument(Document):
    """A platform and its gateway."""

    version: str
    build: str | None
    """What its build is called (`TRADEWIND_BUILD`); null where nobody said it."""
    mode: PlatformMode
    """`paper` has no chain; a chain is for development, for tests, or one where money is real."""
    chain: str
    """The chain's name in tokens and instruments."""
    chain_id: int | None = Field(ge=1)
    """Null on paper."""
    venues: tuple[VenueDocument, ...]
    paper_strategies: tuple[str, ...]
    """Patterns of strategies that trade on paper although there is a chain. A key that is about
    some strategies sees those that are about them."""
    asks_for_keys: bool
    """Whether anybody who asks needs a key; a gateway on loopback may ask for none."""
    caller: CallerDocument
    partitions: int = Field(ge=1)
    """Into how many parts the messages of ordered roles are divided."""
    limits: FormLimits
    started_at: Timestamp
    """When this process of the gateway began."""
    now: Timestamp
    """What time it is for it."""


async def show_platform(request: Request) -> Response:
    """GET /platform: which platform this is, who asks, and within which bounds requests are."""
    services, caller = services_of(request), caller_of(request)
    facts = services.platform
    head = next((one for one in services.market.heads() if one.chain == facts.chain), None)
    chain_id = _chain_id(facts, head)
    document = PlatformDocument(
        version=__version__,
        build=facts.build,
        mode=_mode(chain_id),
        chain=facts.chain,
        chain_id=chain_id,
        venues=tuple(
            VenueDocument(name=one.name, kind=one.kind, is_default=one.name == facts.default_venue)
            for one in facts.venues
        ),
        paper_strategies=tuple(
            one for one in facts.paper_patterns if _is_about(one, caller.accounts)
        ),
        asks_for_keys=facts.asks_for_keys,
        caller=CallerDocument(
            key_id=caller.key_id,
            scopes=tuple(sorted(caller.scopes)),
            strategies=tuple(caller.accounts.strategies),
            portfolios=tuple(caller.accounts.portfolios),
        ),
        partitions=PARTITIONS,
        limits=LIMITS,
        started_at=facts.started_at,
        now=clock.now(),
    )
    return document_response(request, document)


def _is_about(pattern: str, accounts: Accounts) -> bool:
    """Return whether a pattern, in any case, is about strategies that an account names."""
    wanted = pattern.lower()
    named = [one.lower() for one in accounts.strategies]
    return any(fnmatchcase(wanted, one) or fnmatchcase(one, wanted) for one in named)


def _chain_id(facts: PlatformFacts, head: ChainHead | None) -> int | None:
    """Return which chain it is: what the market role found there, else what is configured."""
    if head is not None:
        return head.chain_id
    return facts.chain_id if facts.has_chain else None


def _mode(chain_id: int | None) -> PlatformMode:
    """Return how real the money is; a chain that nobody knows is taken for one where it is."""
    if chain_id is None:
        return "paper"
    if chain_id in DEVELOPMENT_CHAIN_IDS:
        return "dev_chain"
    return "test_chain" if chain_id in TEST_CHAIN_IDS else "live_chain"


OPERATIONS: Final = [
    Operation(
        "GET",
        "/platform",
        show_platform,
        tag="platform",
        scope=KeyScope.READ,
        answer=PlatformDocument,
    )
]
