"""Wallets against a real chain: what is explained is booked once, and what is not freezes.

All of it is read as the treasury's login does, from the journal that the venue keeps.
"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from actors.treasury import comparison
from actors.treasury.chain_view import read_hash
from actors.treasury.decide import TokenPolicy
from actors.treasury.reconciliation import new_report_id
from tests.integration.devchain.test_odd_tokens import ARM, DEPTH, PRESET, _pool_calls, compiled
from tests.integration.devchain.test_odd_tokens import open_desk as open_odd_desk
from tests.integration.devchain.test_venue import ChainHarness, harness, open_harness
from tests.integration.devchain.treasury_desk import (
    HELD,
    Desk,
    causes,
    desk,
    drifting,
    open_desk,
    swap,
)
from tests.support.chain_wallet import Wallet
from tests.support.factories import USDC
from tests.support.odd_tokens import OddToken
from tests.support.rpc_proxy import Call, Misbehaviour, Reply, rpc_proxy
from tests.support.venue_contract import settled
from tradewind import failpoints
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.contracts.wallets.causes import DriftCause
from tradewind.contracts.wallets.report import ReconciliationReport
from tradewind.errors import NotYet
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.deployer import MINT, UINT256_MAX
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.packages import Artifact
from tradewind.runtime import clock
from tradewind.trading.chain.erc20 import TRANSFER_FROM
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.adjustments import resume_with_note
from tradewind.trading.treasury.books import COMMITTED, COMMITTING, BooksMoved
from tradewind.trading.treasury.shown import ShownWallets
from tradewind.trading.treasury.slots import ShownSlots
from tradewind.trading.wallet.transaction_journal import registered_wallets

__all__ = ["compiled", "desk", "harness", "open_harness"]


async def test_swaps_and_approvals_leave_no_difference(harness: ChainHarness, desk: Desk) -> None:
    """Given swaps and their approvals, then every balance is what the books say, to the wei."""
    await swap(harness, 1, 2, 3)
    report = await desk.report()
    assert drifting(report) == {}
    assert report.drifts_detected == 0
    held = {one.currency: one for one in report.records}
    assert {"ETH", "WETH", "USDC"} <= set(held)
    assert all(one.ledger_balance == one.chain_balance for one in held.values())
    nonces = await desk.owner.fetchval("SELECT checked_nonce FROM wallet_accounts")
    assert nonces == (await harness.venue._journal.wallet()).next_nonce

    shown = ShownWallets(desk.gateway)
    (wallet,) = await shown.all()
    assert (wallet.state, wallet.block_number) == ("ready", report.block_number)
    assert wallet.drift == 0
    assert {one.currency: one.chain_balance for one in wallet.balances if one.chain_balance} == {
        name: one.chain_balance for name, one in held.items()
    }
    transactions = await shown.transactions(wallet.wallet_id, None, 3)
    assert [one.purpose for one in transactions] == ["swap", "approval", "swap"]
    assert all(one.fee_wei and one.tx_hash for one in transactions)
    assert transactions[0].amount_in
    assert transactions[1].spender
    below = await shown.transactions(wallet.wallet_id, transactions[-1].nonce, 9)
    assert [one.nonce for one in below] == list(range(transactions[-1].nonce - 1, nonces - 7, -1))
    slots = await ShownSlots(desk.gateway).page(wallet.wallet_id, None, 3)
    assert [(one.nonce, one.purpose) for one in slots] == [
        (one.nonce, one.purpose) for one in transactions
    ]
    for slot, transaction in zip(slots, transactions, strict=True):
        assert [one.purpose for one in slot.generations] == ["original"]
        assert slot.generations[0].tx_hash == slot.mined_tx_hash == transaction.tx_hash
        assert slot.submitted_at is not None
    (next_slot,) = await ShownSlots(desk.gateway).page(wallet.wallet_id, slots[0].nonce, 1)
    assert next_slot == slots[1]


async def test_what_arrives_is_named_and_booked_once(desk: Desk) -> None:
    usdc = USDC.address
    tx_hash = await desk.give(usdc, 5 * 10**6)
    await desk.node.send(LIQUIDITY_PROVIDER, TRADER, b"", value_wei=10**15)
    found = drifting(await desk.report())
    assert set(found) == {"USDC", "ETH"}
    (part,) = found["USDC"].parts
    assert (part.cause, part.amount, part.tx_hash) == (DriftCause.DEPOSIT, 5 * 10**6, tx_hash)
    assert causes(found["ETH"]) == [("NATIVE_IN", 10**15)]
    assert drifting(await desk.report()) == {}
    assert await desk.bookings() == 2
    assert await desk.halted() == ""
    await desk.fund_portfolio(USDC.address, "USDC", 10**30)
    (short,) = (await desk.report()).overcommitted
    assert (short.currency, short.capital) == ("USDC", 10**30)
    assert short.available < short.capital


async def test_tokens_that_leave_by_an_allowance_freeze_the_wallet(
    desk: Desk, harness: ChainHarness, compiled: dict[str, Artifact]
) -> None:
    """Given a spender who takes tokens while others arrive, then the wallet signs nothing more,
    and what was found stays named until somebody answers for it."""
    token = await desk.deploy(compiled["Plain"], "PLN")
    await desk.report()
    await desk.call(token, PRESET.encode(TRADER, LIQUIDITY_PROVIDER, 7))
    taken = TRANSFER_FROM.encode(TRADER, LIQUIDITY_PROVIDER, 7)
    await desk.call(token, taken)
    await desk.give(token, 7)
    for _ in range(2):
        record = drifting(await desk.report())["PLN"]
        assert ("TRANSFER_OUT", -7) in causes(record)
    assert (await desk.halted()).startswith("drift: TRANSFER_OUT -0.000000000000000007 PLN")
    transaction = await harness.venue.build_swap_tx(harness.order(1))
    with pytest.raises(NotYet):
        await harness.venue.sign_tx(transaction)
    assert await desk.bookings() == 2

    (wallet,) = await registered_wallets(desk.operator)
    answered = await resume_with_note(
        desk.operator,
        wallet,
        next_nonce=0,
        note="a forgotten allowance, revoked",
        resumed_by="operator",
        adjustment_id=new_report_id(clock.now()),
        at=clock.now(),
    )
    assert [(one.cause, one.amount) for one in answered] == [("TRANSFER_OUT", -7)]
    assert await desk.halted() == ""
    assert drifting(await desk.report()) == {}
    kept = await desk.owner.fetchval(
        "SELECT body FROM ingress WHERE subject LIKE 'wallet.resumed.%'"
    )
    payload = parse_event(bytes(kept)).payload
    assert [one.amount for one in payload.adjustments] == [-7]
    assert (await harness.venue.sign_tx(transaction)).wallet == TRADER


async def test_ether_that_is_gone_freezes_and_the_key_used_elsewhere_is_named(
    desk: Desk, client: RpcClient
) -> None:
    await Wallet(client, TRADER_KEY).send(LIQUIDITY_PROVIDER, b"", value=10**15)
    record = drifting(await desk.report())["ETH"]
    assert record.cause is DriftCause.FOREIGN_NONCE
    assert record.parts[0].amount < -(10**15)
    assert (await desk.halted()).startswith("drift: FOREIGN_NONCE")


async def test_odd_tokens_are_named_and_believed_within_their_bounds(
    desk: Desk, compiled: dict[str, Artifact]
) -> None:
    """Given a token that keeps a part and one that rebases, then both are named; a rebase of a
    tenth is believed of a token that may do so, and freezes the wallet otherwise."""
    fee = await desk.deploy(compiled["FeeThatIsNotLogged"], "FEE")
    rebasing = await desk.deploy(compiled["Rebasing"], "RBS")
    await desk.report()
    desk.policies[rebasing] = TokenPolicy(rebase_bps=1_000)
    for token in (fee, rebasing):
        await desk.call(token, ARM.encode())
    await desk.give(fee, 100)
    found = drifting(await desk.report())
    assert causes(found["FEE"]) == [("FEE_ON_TRANSFER", -3), ("DEPOSIT", 100)]
    assert causes(found["RBS"]) == [("REBASE", HELD // 10)]
    assert await desk.halted() == ""
    assert drifting(await desk.report()) == {}
    desk.policies.clear()
    other = await desk.deploy(compiled["Rebasing"], "RBS2")
    await desk.report()
    await desk.call(other, ARM.encode())
    assert causes(drifting(await desk.report())["RBS2"]) == [("UNEXPLAINED", HELD // 10)]
    assert (await desk.halted()).startswith("drift: UNEXPLAINED")


async def test_a_swap_of_a_token_that_keeps_a_part_is_named(
    client: RpcClient, dev_chain: DevChain, database_dsn: str, compiled: dict[str, Artifact]
) -> None:
    """Given a swap of which less arrived than the pool paid, then the books have what arrived, and
    the report names the token."""
    row = OddToken("FeeOnTransfer", armed="signed")
    async with open_desk(client, database_dsn) as desk:
        address = await desk.deploy(compiled[row.contract], "KEEPS")
        contracts = dev_chain.deployment.contracts
        await desk.call(address, MINT.encode(LIQUIDITY_PROVIDER, DEPTH * 10**18))
        allowed = (LIQUIDITY_PROVIDER, contracts.position_manager, UINT256_MAX)
        await desk.call(address, PRESET.encode(*allowed))
        await desk.call(contracts.position_manager, _pool_calls(address, 10**18))
        token = RegisteredToken(symbol="KEEPS", chain="ethereum", address=address, decimals=18)
        async with open_odd_desk(client, dev_chain, database_dsn, [token]) as odd:
            await desk.report()
            assert await odd.end_of(row, odd.order(token, "acquire")) == "completed"
        record = drifting(await desk.report())["KEEPS"]
        assert record.cause is DriftCause.FEE_ON_TRANSFER
        assert record.drift == 0
        assert "arrived" in record.evidence
        assert drifting(await desk.report()) == {}
        assert await desk.halted() == ""


def less_ether(call: Call, reply: Reply) -> Reply:
    if call["method"] != "eth_getBalance" or "result" not in reply:
        return reply
    return reply | {"result": hex(int(reply["result"], 16) - 10**18)}


async def test_one_node_is_not_believed_about_a_difference(desk: Desk, dev_chain: DevChain) -> None:
    """Given a node that lies about a balance, then nothing is frozen as long as another is asked,
    and what most of three say counts."""
    async with rpc_proxy(dev_chain.rpc_url) as liar:
        liar.misbehave(Misbehaviour("a balance that is too low", replies=less_ether))
        async with RpcClient([liar.url, dev_chain.rpc_url]) as two:
            report = await desk.report(two)
            assert [one.skipped for one in report.wallets] == ["NODES_DISAGREE"]
        async with RpcClient([liar.url, dev_chain.rpc_url, other_name(dev_chain)]) as three:
            assert drifting(await desk.report(three)) == {}
        assert await desk.halted() == ""
        async with RpcClient([liar.url]) as alone:
            assert drifting(await desk.report(alone))["ETH"].cause is DriftCause.UNEXPLAINED


def other_name(dev_chain: DevChain) -> str:
    return dev_chain.rpc_url.replace("127.0.0.1", "localhost")


async def test_what_cannot_be_compared_is_no_difference(
    desk: Desk, harness: ChainHarness, dev_chain: DevChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a node that lags, a transaction in flight, or a reorg meanwhile, then the wallet is
    skipped with the reason, and compared as ever afterwards."""
    async with rpc_proxy(dev_chain.rpc_url) as lagging:
        lagging.misbehave(Misbehaviour("behind", blocks_behind=4))
        async with RpcClient([lagging.url]) as client:
            assert skipped(await desk.report(client)) == "HEAD_BEHIND"
    signed = await harness.venue.sign_tx(await harness.venue.build_swap_tx(harness.order(1)))
    await harness.venue.broadcast_tx(signed.tx_hash)
    await desk.node.mine()
    assert skipped(await desk.report()) == "IN_FLIGHT"
    await settled(harness, signed.tx_hash)
    await desk.node.mine()
    await desk.give(USDC.address, 5)

    async def reorganised(*arguments: Any) -> Any:
        await desk.node.reorganise(3)
        await desk.node.mine(3)
        return await read_hash(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(comparison, "read_hash", reorganised)
        assert skipped(await desk.report()) == "BLOCK_GONE"
    assert await desk.bookings() == 0
    assert await desk.halted() == ""


def skipped(report: ReconciliationReport) -> str:
    (check,) = report.wallets
    assert report.records == ()
    return str(check.skipped)


async def test_a_pass_that_dies_or_is_done_twice_books_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given deaths before and after the commit, and two processes at once, then every deposit is
    booked once and every request answered."""
    wallets = await registered_wallets(desk.pool)
    for number, failpoint in enumerate((COMMITTING, COMMITTED), start=1):
        await desk.give(USDC.address, 5)
        await desk.node.mine()
        report_id = await desk.ask()
        with monkeypatch.context() as patch:
            patch.setitem(failpoints.ACTIONS, failpoint, die)
            with pytest.raises(failpoints.InjectedFault):
                await desk.reconciliation().run(wallets)
        await desk.reconciliation().run(wallets)
        assert drifting(await desk.found(report_id))["USDC"].drift == Decimal("0.000005")
        assert await desk.bookings() == number
    await desk.give(USDC.address, 5)
    await desk.node.mine()
    both = [desk.reconciliation().run(wallets) for _ in range(2)]
    ends = await asyncio.gather(*both, return_exceptions=True)
    failed = [one for one in ends if isinstance(one, BaseException)]
    assert len(failed) < len(both)
    assert all(isinstance(one, BooksMoved) for one in failed)
    assert await desk.bookings() == 3
    assert drifting(await desk.report()) == {}


def die() -> None:
    raise failpoints.InjectedFault("here")
