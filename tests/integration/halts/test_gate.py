"""The gate: from the answer to a command on, nothing is signed or submitted that it forbids."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from actors.venues.transaction_store import DatabaseTransactionStore
from tests.integration.halts.conftest import change, enter, put
from tests.integration.wallet.conftest import (
    CHAIN_ID,
    ROUTER,
    TOKEN,
    WALLET,
    key,
    plan_event,
    sign,
    swap_only,
)
from tests.support.arrivals import arrive
from tests.support.factories import WETH
from tests.support.recorded_plans import record_plans
from tests.support.waiting import wait_until
from tradewind.contracts.system.trading_states import EVERYTHING, Scope, TradingState
from tradewind.ledger.append.writer import Ledger
from tradewind.postgres import Connection, Pool, open_pool
from tradewind.trading.book.fence import Fence, StreamEnd
from tradewind.trading.book.proving import Prover, SigningGuard
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.gate import Gate, Passage, Sale
from tradewind.trading.halts.store import apply_states
from tradewind.trading.wallet.errors import PlanNotRecorded
from tradewind.trading.wallet.records import StepOutcome
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

PLANS = 400
SIGNERS = 4
FUND = Scope.parse("portfolio:fund")
PURCHASE = Passage((EVERYTHING, FUND))
SALE = Passage((EVERYTHING, FUND), Sale("fund", WETH, 3, "01J0000000000000000000000B"))
ELSEWHERE = Passage((EVERYTHING, Scope.parse("portfolio:other")))

type Attempt = Callable[[int], Awaitable[None]]
type Count = Callable[[], Awaitable[int]]


@pytest.fixture
async def replicas(database_dsn: str, owner: Pool) -> AsyncIterator[list[Pool]]:
    """Return what two orchestrators are connected by, with the plans they may sign."""
    await record_plans(owner, *map(plan_event, range(PLANS)))
    pools = [await open_pool(database_dsn, max_size=4, role=ORCHESTRATOR_ROLE) for _ in range(2)]
    yield pools
    for pool in pools:
        await pool.close()


@pytest.fixture(params=["signing", "simulated"])
async def stream(
    request: pytest.FixtureRequest, replicas: list[Pool], owner: Pool
) -> tuple[list[Attempt], Count]:
    """Return what each of two orchestrators does with a plan, and how many plans it was done to."""
    attempts = [await _attempt(request.param, pool) for pool in replicas]
    table = "steps" if request.param == "signing" else "paper_transactions"

    async def done() -> int:
        number: int = await owner.fetchval(f"SELECT count(*) FROM {table}")
        return number

    return attempts, done


async def _attempt(kind: str, pool: Pool) -> Attempt:
    if kind == "simulated":
        store = DatabaseTransactionStore(pool)

        async def execute(number: int) -> None:
            await store.execute(f"0x{number:064x}", b"filled", plan_event(number), PURCHASE)

        return execute
    journal = TransactionJournal(pool, CHAIN_ID, WALLET)
    await journal.register(0)

    async def claim(number: int) -> None:
        decision = await journal.claim(
            key(number), plan_event(number), PURCHASE, TOKEN, ROUTER, swap_only, sign, PLANS
        )
        assert decision.outcome is StepOutcome.SIGNED

    return claim


@asynccontextmanager
async def in_flight(attempts: list[Attempt], numbers: Iterator[int]) -> AsyncIterator[list[str]]:
    """Have orchestrators take one plan after another; yield why they were refused."""
    refused: list[str] = []

    async def work(attempt: Attempt) -> None:
        for number in numbers:
            await wait_until(partial(_succeeds, attempt, number, refused), "trading to go on")

    workers = [asyncio.create_task(work(one)) for one in attempts for _ in range(SIGNERS)]
    try:
        yield refused
    finally:
        for worker in workers:
            worker.cancel()
        results = await asyncio.gather(*workers, return_exceptions=True)
        assert not [one for one in results if isinstance(one, Exception)]


async def _succeeds(attempt: Attempt, number: int, refused: list[str]) -> bool:
    try:
        await attempt(number)
    except TradingStopped as error:
        refused.append(str(error))
        return False
    return True


async def test_nothing_is_signed_after_the_answer(
    pool: Pool, stream: tuple[list[Attempt], Count]
) -> None:
    """Given two orchestrators in full swing, halts that come at any moment, and resumptions.

    Whatever was committed before the answer is seen by a statement that begins after it, so a
    number that grows afterwards is a signature that was committed later.
    """
    (attempts, done), numbers = stream, iter(range(PLANS))
    async with in_flight(attempts, numbers) as refused:
        for turn in range(5):
            before = await done()
            await wait_until(partial(_is_more, done, before), "something to be signed")
            refused.clear()
            await put(pool, change("everything", reason=f"turn {turn}"))
            at_the_answer = await done()
            await wait_until(lambda: len(refused) > 2 * SIGNERS, "refusals")
            assert await done() == at_the_answer
            assert refused[-1] == f"everything is halted: turn {turn}"
            await put(pool, change("everything", TradingState.ACTIVE))


async def _is_more(done: Count, before: int) -> bool:
    return await done() > before


async def test_a_halt_concerns_its_scope_alone(pool: Pool, signing: Pool) -> None:
    await put(pool, change("portfolio:fund"))
    async with signing.acquire() as connection, connection.transaction():
        await enter(Gate(), connection, ELSEWHERE)
        for passage in (PURCHASE, SALE):
            with pytest.raises(TradingStopped, match="portfolio:fund is halted: maintenance"):
                await enter(Gate(), connection, passage)


async def test_only_a_sale_of_what_is_held_passes_while_a_scope_is_reducing(
    pool: Pool, signing: Pool, owner: Pool
) -> None:
    """Given 4 that are held, of which an earlier intent may sell some, then 3 sign if left."""
    await put(pool, change("portfolio:fund", TradingState.REDUCING))
    for held, claimed_before, passes in ((2, 0, False), (4, 0, True), (4, 2, False), (4, 1, True)):
        await _hold(owner, held, claimed_before)
        assert await _may_pass(signing, SALE) == passes, (held, claimed_before)
        assert not await _may_pass(signing, PURCHASE)


async def test_each_of_several_sales_passes_if_it_is_held_itself(
    pool: Pool, signing: Pool, owner: Pool
) -> None:
    await put(pool, change("portfolio:fund", TradingState.REDUCING))
    await _hold(owner, 4, 0)
    assert SALE.sale is not None
    more, nobodys = SALE.sale._replace(amount=5), SALE.sale._replace(portfolio_id="other")
    sales = [SALE.sale, more, nobodys, SALE.sale]
    steps = [SALE._replace(sale=sale) for sale in sales]
    async with signing.acquire() as connection, connection.transaction():
        stops = await Gate().enter(connection, [PURCHASE, *steps, ELSEWHERE])
    assert [one is None for one in stops] == [False, True, False, False, True, True]


async def _may_pass(pool: Pool, passage: Passage) -> bool:
    try:
        await _pass(pool, passage)
    except TradingStopped:
        return False
    return True


async def _hold(owner: Pool, amount: int, claimed: int) -> None:
    """Have the portfolio hold so much, of which its first intent may sell some."""
    await owner.execute("TRUNCATE entries, allocations CASCADE")
    await owner.execute("INSERT INTO portfolios VALUES ('fund') ON CONFLICT DO NOTHING")
    await owner.execute(
        "INSERT INTO entries (event_id, number, portfolio_id, kind, counter_account, chain, token, "
        "symbol, decimals, amount, place, time, global_seq) VALUES ('e', 1, 'fund', 'FILL', "
        "'market', 'ethereum', $1, 'WETH', 18, $2, 'p', now(), 1)",
        WETH.address,
        amount,
    )
    for intent_id, status in (("01J0000000000000000000000A", "claimed"), ("0", "released")):
        await owner.execute(
            "INSERT INTO allocations (intent_id, portfolio_id, strategy_id, instrument, side, "
            "base_token, amount, status, is_approval, incarnation, book_version, day, decided_at, "
            "expires_at, notional_usd, budget_usd, claim_token, claim_amount, claim_usd) VALUES "
            "($1, 'fund', 'a', 'i', 'dispose', $2, $3, $4, true, '1', 1, now(), now(), now(), 1, "
            "1, $2, $3, 1)",
            *(intent_id, WETH.address, claimed, status),
        )


async def test_a_command_waits_for_what_is_being_signed(pool: Pool, signing: Pool) -> None:
    """Given a signature under way, then the halt comes after it, and the next after the halt."""
    async with signing.acquire() as connection, connection.transaction():
        await enter(Gate(), connection, PURCHASE)
        command = asyncio.create_task(put(pool, change("everything")))
        await wait_until(lambda: _waiting(pool, 1), "the command to wait")
        late = asyncio.create_task(_pass(signing, PURCHASE))
        await wait_until(lambda: _waiting(pool, 2), "the next signature to wait")
        assert not command.done()
    await command
    with pytest.raises(TradingStopped):
        await late


async def test_who_signs_without_a_pause_keeps_no_command_waiting(
    pool: Pool, signing: Pool
) -> None:
    """Given signatures that overlap, so that there is always one under way."""

    async def sign_on() -> None:
        while True:
            await _pass(signing, PURCHASE, pause_seconds=0.05)

    signers = [asyncio.create_task(sign_on()) for _ in range(8)]
    await asyncio.sleep(0.1)
    await put(pool, change("everything"))
    results = await asyncio.gather(*signers, return_exceptions=True)
    assert all(isinstance(one, TradingStopped) for one in results)


async def test_a_backup_keeps_no_command_waiting(pool: Pool, owner: Pool) -> None:
    """Given pg_dump, which holds every table against changes of its shape."""
    async with owner.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE trading_gate, trading_states IN ACCESS SHARE MODE")
        await put(pool, change("everything"))


async def _pass(pool: Pool, passage: Passage, pause_seconds: float = 0) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await enter(Gate(), connection, passage)
        await asyncio.sleep(pause_seconds)


async def _waiting(pool: Pool | Connection, number: int) -> bool:
    """Return whether so many wait for the gate."""
    waiting: int = await pool.fetchval(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'trading_gate'::regclass"
    )
    return waiting >= number


async def test_a_restored_database_lets_nothing_pass_that_was_halted(
    pool: Pool, signing: Pool, owner: Pool
) -> None:
    """Given a process that saw a halt, then a database that lost it stops it as well, until the
    ledger has put the halt back and somebody lifts it."""
    gate = Gate()

    async def may_pass(passage: Passage) -> bool:
        async with signing.acquire() as connection, connection.transaction():
            try:
                await enter(gate, connection, passage)
            except TradingStopped:
                return False
        return True

    halt = (await put(pool, change("portfolio:fund"))).event
    assert halt is not None
    assert not await may_pass(PURCHASE)
    await owner.execute("TRUNCATE trading_states")
    assert not await may_pass(PURCHASE)
    assert await may_pass(ELSEWHERE)
    async with owner.acquire() as connection:
        await apply_states(connection, (await Ledger(owner).append(arrive([halt]))).appended)
    assert not await may_pass(PURCHASE)
    await put(pool, change("portfolio:fund", TradingState.ACTIVE))
    assert await may_pass(PURCHASE)


async def test_steps_that_come_together_are_stored_together_and_stopped_one_by_one(
    pool: Pool, signing: Pool, owner: Pool
) -> None:
    """Given plans that were recorded in one go, then one commit has all that may pass."""
    await record_plans(owner, *map(plan_event, range(4)))
    await put(pool, change("portfolio:fund"))
    store = DatabaseTransactionStore(signing)
    asked = [(0, ELSEWHERE), (1, PURCHASE), (2, ELSEWHERE), (9, ELSEWHERE), (2, ELSEWHERE)]
    outcomes = await asyncio.gather(
        *(
            store.execute(f"0x{one:064x}", b"filled", plan_event(one), passage, is_told=True)
            for one, passage in asked
        ),
        return_exceptions=True,
    )
    assert [outcomes[0], outcomes[2], outcomes[4]] == [True, True, False]
    assert isinstance(outcomes[1], TradingStopped)
    assert isinstance(outcomes[3], PlanNotRecorded)
    rows = await owner.fetch("SELECT tx_hash, xmin::text FROM paper_transactions")
    assert {row["tx_hash"] for row in rows} == {f"0x{one:064x}" for one in (0, 2)}
    assert len({row["xmin"] for row in rows}) == 1


async def test_a_step_without_an_open_claim_is_stopped_and_no_other(
    signing: Pool, owner: Pool
) -> None:
    """Given steps that come together, then the book is asked for the claim of each; and for none
    before it is known that the ledger is complete."""
    fence = Fence()
    gate = Gate(SigningGuard(fence))
    async with signing.acquire() as connection, connection.transaction():
        with pytest.raises(TradingStopped, match="not known yet whether the ledger is complete"):
            await gate.enter(connection, [PURCHASE])
    assert await Prover(signing, fence, _empty_stream).prove()
    await _hold(owner, 4, 1)
    intents = ("01J0000000000000000000000A", "0", None, "unknown")
    async with signing.acquire() as connection, connection.transaction():
        stops = await gate.enter(connection, [PURCHASE._replace(claim=one) for one in intents])
    assert [str(one or "") for one in stops] == [
        "",
        "the book has no open claim for intent 0",
        "",
        "the book has no open claim for intent unknown",
    ]


async def _empty_stream() -> StreamEnd:
    return StreamEnd("created", 0)
