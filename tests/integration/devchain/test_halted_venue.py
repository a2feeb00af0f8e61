"""The venue on a real chain while trading is halted."""

from dataclasses import replace

import pytest

from actors.venues.contract import StepExpired
from tests.integration.devchain import test_venue
from tests.integration.devchain.test_venue import ChainHarness
from tests.support.venue_contract import settled, submit
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.errors import NotYet
from tradewind.operations.embedded.devchain.accounts import TRADER
from tradewind.postgres import open_pool
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange

open_harness = test_venue.open_harness
harness = test_venue.harness


async def test_what_is_halted_waits_and_is_signed_once_it_is_resumed(
    harness: ChainHarness, database_dsn: str
) -> None:
    """Given a halt of the wallet, then a swap that was signed before is confirmed all the same,
    one that comes later waits, and says what for if it expires."""
    before, later, late = harness.order(1), harness.order(2), harness.order(3)
    signed = await harness.venue.sign_tx(await harness.venue.build_swap_tx(before))
    await _put(database_dsn, TradingState.HALTED)
    with pytest.raises(NotYet):
        await harness.venue.sign_tx(await harness.venue.build_swap_tx(later))
    assert (await settled(harness, await submit(harness.another, before))).revert_reason is None
    assert (await harness.another.sign_tx(await harness.another.build_swap_tx(before))) == signed
    with pytest.raises(NotYet):
        await harness.venue.sign_tx(await harness.venue.build_swap_tx(late))
    expired = replace(late, deadline=harness.now())
    with pytest.raises(StepExpired) as ended:
        await harness.venue.sign_tx(await harness.venue.build_swap_tx(expired))
    assert f"wallet:ethereum:{TRADER.lower()} is halted: drill" in ended.value.detail
    await _put(database_dsn, TradingState.ACTIVE)
    assert (await settled(harness, await submit(harness.another, later))).revert_reason is None


async def _put(dsn: str, state: TradingState) -> None:
    scope = Scope(ScopeKind.WALLET, f"ethereum:{TRADER.lower()}")
    pool = await open_pool(dsn, max_size=1)
    await StateJournal(pool).change(StateChange(scope, state, "drill", "ada"), "test")
    await pool.close()
