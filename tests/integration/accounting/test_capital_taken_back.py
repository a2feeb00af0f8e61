"""Capital that is taken back from a portfolio: no more than it has and its intents do not need."""

from typing import Final

import click
import pytest
from click.testing import Result

from tests.integration.accounting.harness import AccountsHarness
from tests.integration.accounting.test_capital import capital, run, token
from tests.settings import Settings
from tests.support.trades import in_ledger
from tradewind.operations.cli.portfolio_allocate import adjust, allocate
from tradewind.operations.cli.portfolio_fund import fund
from tradewind.trading.accounting.funding import TooLittleHeld

TAKING: Final = [(fund, "--withdraw"), (allocate, "--return")]


@pytest.mark.parametrize(("command", "option"), TAKING, ids=["withdraw", "return"])
async def test_no_more_is_taken_back_than_a_portfolio_has_to_spare(
    harness: AccountsHarness,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    command: click.Command,
    option: str,
) -> None:
    """Given ten of which an open intent may spend three, then seven are taken, and not more."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    given, _ = capital(1, "fund", "USDC", 10 * 10**6, None)
    await harness.book(in_ledger([given]))
    await claim(harness, spent=1 * 10**6, claimed=4 * 10**6)

    async def taken(amount: str) -> Result:
        return await run(command, "fund", "--token", "USDC", "--amount", amount, option)

    refused = await taken("7.000001")
    assert isinstance(refused.exception, TooLittleHeld)
    assert str(refused.exception) == "fund has 10.000000 USDC, open intents may spend 3.000000"
    assert await harness.count("ingress") == 0
    assert (await taken("5")).exit_code == 0
    assert (await taken("2")).exit_code == 0
    told = str((await taken("0.000001")).exception)
    assert told.endswith(", open intents may spend 3.000000, 7 are taken back and not booked yet")
    assert await harness.count("ingress") == 2


async def test_a_portfolio_without_a_token_gives_none_back(
    harness: AccountsHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever another one has; and what is wrong in its accounts is put right all the same."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    given, _ = capital(1, "other", "USDC", 10 * 10**6, None)
    await harness.book(in_ledger([given]))
    words = ("fund", "--token", "USDC", "--amount")
    refused = await run(fund, *words, "1", "--withdraw")
    assert str(refused.exception) == "fund has 0.000000 USDC"
    assert (await run(adjust, *words, "-1", "--note", "counted again")).exit_code == 0
    assert await harness.count("ingress") == 1


async def claim(harness: AccountsHarness, spent: int, claimed: int) -> None:
    """Have an open intent of `fund` that spends USDC."""
    usdc = token("USDC").asset.address
    await harness.pool.execute("INSERT INTO portfolios (portfolio_id) VALUES ('fund')")
    await harness.pool.execute(
        "INSERT INTO allocations (intent_id, portfolio_id, strategy_id, instrument, side, "
        "base_token, amount, status, is_approval, incarnation, book_version, day, decided_at, "
        "expires_at, notional_usd, budget_usd, claim_token, claim_amount, claim_usd, used_amount) "
        "VALUES ('open', 'fund', 'demo', 'pair', 'acquire', 'base', 1, 'claimed', true, '', 1, "
        "current_date, now(), now(), 4, 4, $1, $2, 4, $3)",
        *(usdc, claimed, spent),
    )
