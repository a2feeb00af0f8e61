"""`tradewind wallet reconcile` and `history`: what wallets hold beside what they should hold."""

import asyncio
import getpass
import json
import os
from decimal import Decimal
from typing import Any, Final

import click

from tradewind.contracts.ids import make_ulid
from tradewind.contracts.wallets.report import (
    DEFAULT_THRESHOLD,
    DriftRecord,
    ReconciliationReport,
    WalletCheck,
)
from tradewind.errors import TradewindError
from tradewind.operations.cli.decimals import NOT_NEGATIVE
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list, print_table
from tradewind.operations.cli.times import show_time
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load
from tradewind.trading.treasury.adjustments import open_drifts, resume_with_note
from tradewind.trading.treasury.records import OpenDrift
from tradewind.trading.treasury.reports import Reports, reconcile_request
from tradewind.trading.wallet.records import Wallet

PATIENCE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2
ENTROPY_BYTES: Final = 10
MILLISECONDS: Final = 1_000
MAX_REPORTS: Final = 500
PRODUCER: Final = "operator"
HEADINGS: Final = ("wallet", "currency", "ledger", "chain", "drift", "cause", "evidence")
AMOUNTS: Final = ("ledger", "chain", "drift")


class NoReportYet(TradewindError):
    """No treasury has reconciled yet: `tradewind worker treasury` runs one."""

    code = "NO_REPORT_YET"


@click.command("reconcile")
@click.option(
    "--threshold",
    type=NOT_NEGATIVE,
    default=str(DEFAULT_THRESHOLD),
    show_default=True,
    help="What counts as within the threshold, in whole tokens; it decides nothing else.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reconcile(threshold: Decimal, as_json: bool) -> None:
    """Have the treasury compare all wallets with the chain now, and show its report."""
    report = asyncio.run(_with_pool(lambda pool: _reconcile(pool, threshold)))
    if as_json:
        click.echo(report.model_dump_json())
        return
    for wallet in report.wallets:
        click.echo(_line(wallet))
    if report.records:
        rows = [_row(one) for one in report.records]
        alarming = [number for number, one in enumerate(report.records) if _is_alarming(one)]
        print_table(HEADINGS, rows, right=AMOUNTS, alarming=alarming)
    for one in report.overcommitted:
        click.echo(
            f"portfolios have {one.capital} base units of {one.currency}, wallets {one.available}"
        )
    told = "nothing differs" if not report.drifts_detected else f"{report.drifts_detected} differ"
    click.echo(f"{report.total_wallets} wallets, {told} (report {report.id})")


@click.command("history")
@limit_option(MAX_REPORTS)
@JSON_LINES_OPTION
def history(limit: int, as_json: bool) -> None:
    """List reports of reconciliations, newest first: those with something to tell."""
    reports = asyncio.run(_with_pool(lambda pool: Reports(pool).page(None, limit)))
    print_list(
        reports,
        as_json,
        document=lambda one: json.loads(one.model_dump_json()),
        headings=("report", "time", "block", "wallets", "drifts", "what"),
        row=_summary,
        nothing="no reports",
    )


def resume_after_drift(wallet: Wallet, mined: int, note: str) -> list[OpenDrift]:
    """Resume a wallet, and book what froze it under a note."""

    async def resume(pool: Pool) -> list[OpenDrift]:
        at = clock.now()
        return await resume_with_note(
            pool,
            wallet,
            next_nonce=mined,
            note=note,
            resumed_by=getpass.getuser(),
            adjustment_id=_new_id(),
            at=at,
        )

    return asyncio.run(_with_pool(resume))


def drifts_of(wallet: Wallet) -> list[OpenDrift]:
    """Return what froze a wallet and nobody answers for."""
    return asyncio.run(_with_pool(lambda pool: open_drifts(pool, wallet)))


async def _reconcile(pool: Pool, threshold: Decimal) -> ReconciliationReport:
    report_id, reports = _new_id(), Reports(pool)
    by, at = getpass.getuser(), clock.now()
    await reports.ask(reconcile_request(report_id, threshold, by, PRODUCER, at))
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while (report := await reports.find(report_id)) is None:
        if asyncio.get_running_loop().time() > deadline:
            raise NoReportYet(
                f"no report within {PATIENCE_SECONDS:.0f} s; `tradewind wallet history` shows "
                f"{report_id} once a treasury has made it"
            )
        await asyncio.sleep(POLL_SECONDS)
    return report


async def _with_pool[T](act: Any) -> Any:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await act(pool)
    finally:
        await pool.close()


def _new_id() -> str:
    return make_ulid(int(clock.now().timestamp() * MILLISECONDS), os.urandom(ENTROPY_BYTES))


def _line(wallet: WalletCheck) -> str:
    block = "" if wallet.block_number is None else f", block {wallet.block_number}"
    state = f", skipped: {wallet.skipped}" if wallet.skipped else ""
    problems = "".join(f"\n  cannot be read: {one}" for one in wallet.problems)
    allowed = "".join(
        f"\n  {one.spender} may take {one.chain} base units of {one.currency}, "
        f"the journal counts on {one.journal}"
        for one in wallet.allowances
    )
    frozen = ", frozen" if wallet.frozen else ""
    return f"{wallet.address}{block}{frozen}{state}{problems}{allowed}"


def _row(one: DriftRecord) -> tuple[str, ...]:
    amounts = (one.ledger_balance, one.chain_balance, one.drift)
    return (
        one.wallet_name,
        one.currency,
        *(f"{amount.normalize():,f}" for amount in amounts),
        str(one.cause or ""),
        one.evidence,
    )


def _is_alarming(one: DriftRecord) -> bool:
    return any(part.consequence.value == "frozen" for part in one.parts)


def _summary(report: ReconciliationReport) -> tuple[str, ...]:
    causes = sorted({f"{one.currency} {one.cause}" for one in report.records if one.cause})
    skipped = sorted({f"skipped {one.skipped}" for one in report.wallets if one.skipped})
    return (
        report.id,
        show_time(report.timestamp),
        str(report.block_number or ""),
        str(report.total_wallets),
        str(report.drifts_detected),
        ", ".join([*causes, *skipped]) or "nothing differs",
    )
