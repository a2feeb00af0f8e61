"""Runs the treasury: passes over the wallets, and the events about them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import uuid4

from actors.treasury import metrics
from actors.treasury.announcements import Announcer
from actors.treasury.comparison import Comparer
from actors.treasury.decide import BPS, TokenPolicy
from actors.treasury.proof import Proof
from actors.treasury.reconciliation import Reconciliation
from actors.treasury.settings import TreasurySettings, parse_amounts
from tradewind.errors import ConfigurationError
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.settings import load
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.proving import Prover, stream_end_of
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.tokens import load_tokens
from tradewind.trading.treasury.announced import Announced
from tradewind.trading.treasury.books import Books
from tradewind.trading.treasury.following import Following
from tradewind.trading.treasury.lost_history import LostHistory, Unproven
from tradewind.trading.treasury.records import NATIVE, Due, Token
from tradewind.trading.wallet.records import Wallet
from tradewind.trading.wallet.transaction_journal import registered_wallets

TREASURY_ROLE: Final = "tradewind_treasury"
TICK_SECONDS: Final = 1.0
TURN_SECONDS: Final = 60.0
"""A process that died in a pass keeps the turn so long."""
MEASURE_SECONDS: Final = 5.0
GAP_SECONDS: Final = 5.0
"""Settled transactions lead to a pass no sooner after the one before."""
MAX_CONNECTIONS: Final = 3
NATIVE_CURRENCY: Final = "ETH"
NATIVE_DECIMALS: Final = 18
PERCENT: Final = 100
NO_CHAIN: Final = 0
"""The chain id where there is no chain; it has no wallets."""


async def run(
    settings: TreasurySettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Reconcile until `stopped`; several processes may run, of which one at a time does a pass."""
    dsn = settings.postgres_dsn.get_secret_value()
    pool = await open_pool(dsn, max_size=MAX_CONNECTIONS, role=TREASURY_ROLE, writes=True)
    publisher = Publisher(connection)
    try:
        prover = Prover(pool, Fence(), stream_end_of(connection), needs_book=False)
        async with _opened(settings, pool, publisher, prover) as treasury:
            outage = Outage("treasury", max_seconds=TICK_SECONDS)
            await run_every(
                TICK_SECONDS, treasury.tick, outage, stopped, fatal=(ConfigurationError,)
            )
    finally:
        await publisher.close()
        pool.terminate()


@asynccontextmanager
async def _opened(
    settings: TreasurySettings, pool: Pool, publisher: Publisher, prover: Prover
) -> AsyncIterator["Treasury"]:
    """Yield the treasury, with a chain where there is one."""
    async with AsyncExitStack() as stack:
        books = Books(pool)
        if settings.mock_chain:
            wallets = Wallets(pool, None, NO_CHAIN)
            client, comparer, chain_id = None, None, NO_CHAIN
        else:
            chain = load(ChainSettings)
            chain_id = chain.chain_id
            client = await stack.enter_async_context(
                RpcClient(
                    chain.rpc_urls(),
                    timeout_seconds=chain.rpc_timeout_seconds,
                    chain_id=chain_id,
                    proves_every_batch=True,
                )
            )
            wallets = Wallets(pool, client, chain_id)
            tokens = known_tokens(settings)
            comparer = Comparer(
                books, client, tokens, policies_of(settings, tokens), chain.confirmations
            )
        history = History(
            prover, Following(pool, to_recorded), Proof(LostHistory(pool), client, chain_id)
        )
        announcer = Announcer(Announced(pool), publisher, chain_id)
        reconciliation = Reconciliation(books, comparer, settings.chain)
        interval_seconds = settings.reconcile_seconds
        yield Treasury(books, wallets, reconciliation, announcer, history, interval_seconds)


def known_tokens(settings: TreasurySettings) -> list[Token]:
    """Return the native currency and every registered token of the chain."""
    registered = load_tokens(settings.tokens_file).tokens
    return [
        Token(NATIVE, NATIVE_CURRENCY, NATIVE_DECIMALS),
        *(
            Token(one.address, one.symbol, one.decimals)
            for one in registered
            if one.chain == settings.chain
        ),
    ]


def policies_of(settings: TreasurySettings, tokens: Sequence[Token]) -> Mapping[str, TokenPolicy]:
    """Return by address what is believed of a token; ConfigurationError for one nobody knows."""
    by_symbol = {one.currency: one for one in tokens}
    amounts = {
        name: parse_amounts(getattr(settings, name))
        for name in ("drift_dust", "fee_tokens", "rebasing_tokens")
    }
    for name, entries in amounts.items():
        unknown = sorted(entries.keys() - by_symbol)
        if unknown:
            variable = f"TRADEWIND_{name.upper()}"
            raise ConfigurationError(f"{variable} is wrong: no token is called {unknown[0]}")
    return {
        token.address: TokenPolicy(
            dust=int(amounts["drift_dust"].get(symbol, Decimal(0)).scaleb(token.decimals)),
            transfer_fee_bps=_bps(amounts["fee_tokens"].get(symbol)),
            rebase_bps=_bps(amounts["rebasing_tokens"].get(symbol)),
        )
        for symbol, token in by_symbol.items()
    }


def _bps(percent: Decimal | None) -> int:
    return 0 if percent is None else int(min(percent, Decimal(PERCENT)) * BPS / PERCENT)


@dataclass
class Wallets:
    """The wallets of the chain that the journal knows."""

    pool: Pool
    client: RpcClient | None
    chain_id: int
    _proven: str | None = None

    async def known(self) -> list[Wallet]:
        """Return them; of nodes only those count that lead to their chain."""
        known = [
            one for one in await registered_wallets(self.pool) if one.chain_id == self.chain_id
        ]
        first_hash = next((one.first_block_hash for one in known if one.first_block_hash), "")
        if known and self.client is not None and self._proven != first_hash:
            await self.client.check_chain(self.chain_id, first_hash)
            self._proven = first_hash
        return known


@dataclass(frozen=True, slots=True)
class History:
    """What the books have to know of the ledger before wallets are compared."""

    prover: Prover
    following: Following
    proof: Proof

    async def catch_up(self) -> bool:
        """Return whether the ledger is complete, and the books have what it says of bookings."""
        if not await self.prover.prove():
            return False
        while await self.following.follow():
            beat()
        return True


class Treasury:
    """Decides when a pass is due, and does it when it is this process's turn."""

    def __init__(
        self,
        books: Books,
        wallets: Wallets,
        reconciliation: Reconciliation,
        announcer: Announcer,
        history: History,
        interval_seconds: float,
    ) -> None:
        self._books = books
        self._wallets = wallets
        self._reconciliation = reconciliation
        self._announcer = announcer
        self._history = history
        self._interval_seconds = interval_seconds
        self._holder = uuid4().hex
        self._incarnation: str | None = None
        """That of the ledger at the last pass."""
        self._told_of: str | None = None
        """That in which we looked up what the ledger has been told."""
        self._seen: tuple[int | None, ...] = ()
        self._tried_at = float("-inf")
        self._measured_at = float("-inf")

    async def tick(self) -> None:
        """Do a pass where one is due, and tell what is not told."""
        due = await self._books.due(self._wallets.chain_id)
        if due.incarnation != self._told_of:
            self._announcer.begin_again()
            self._told_of = due.incarnation
        # What the ledger lacks has to be told even while it is not complete: it waits for that.
        await self._announcer.tell()
        await self._measure()
        if not await self._history.catch_up():
            return
        halt = await self._history.proof.begin()
        is_due = halt is not None or self._is_due(due)
        if is_due and await self._books.take_turn(self._holder, TURN_SECONDS):
            self._tried_at = time.monotonic()
            await self.pass_over_all(halt)
            self._seen, self._incarnation = due.settled_nonces, due.incarnation
            await self._announcer.tell()

    async def pass_over_all(self, halt: Unproven | None = None) -> None:
        """Compare every wallet once, for whoever waits and for the books, and for a halt."""
        wallets = await self._wallets.known()
        results = await self._reconciliation.run(wallets)
        if halt is not None:
            await self._history.proof.end(halt, results)
        await self._books.end_turn(self._holder)

    async def _measure(self) -> None:
        """Show how wallets stand, whichever process compared them last, every few seconds."""
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        chain_id = self._wallets.chain_id
        for wallet_id, checked_at, is_frozen in await self._books.standings(chain_id):
            metrics.RECONCILED.labels(wallet_id).set(checked_at)
            metrics.FROZEN.labels(wallet_id).set(is_frozen)
        for wallet_id, currency, amount in await self._books.differences(chain_id):
            metrics.DRIFT.labels(wallet_id, currency).set(amount)

    def _is_due(self, due: Due) -> bool:
        """Return whether to compare now: at the start, when asked, at times, and after a trade."""
        if due.is_requested or self._incarnation is None or due.incarnation != self._incarnation:
            return True
        waited = min(due.age_seconds, time.monotonic() - self._tried_at)
        if waited >= self._interval_seconds:
            return True
        has_news = due.is_unopened or due.settled_nonces != self._seen
        return has_news and waited >= GAP_SECONDS
