"""`tradewind wallet`: shows the transaction journal, and takes an operator's requests.

The command has no key, so a cancellation is a request that the orchestrator carries out.
"""

import asyncio
import getpass
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.errors import TradewindError
from tradewind.operations.cli.address_type import AddressType
from tradewind.operations.cli.tables import (
    JSON_LINES_OPTION,
    limit_option,
    print_list,
    print_table,
)
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.operations.cli.wallet_books import (
    drifts_of,
    history,
    reconcile,
    resume_after_drift,
)
from tradewind.postgres import open_pool
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, TokenSettings, load
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.tokens import load_tokens
from tradewind.trading.wallet.nonce_gaps import NonceGaps
from tradewind.trading.wallet.records import Wallet, WalletTransaction
from tradewind.trading.wallet.transaction_journal import (
    MAX_TRANSACTIONS,
    TransactionJournal,
    registered_wallets,
)

if TYPE_CHECKING:
    from tradewind.operations.cli.chain_reader import Balance, ChainReader

BALANCE_HEADINGS: Final = ("token", "amount", "address")
JSON_OPTION: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
ADDRESS_OPTION: Final = click.option(
    "--address", help="The wallet; needed only where the journal knows several."
)


class NoSuchWallet(TradewindError):
    """The journal knows no such wallet, or several: name one with --address."""

    code = "NO_SUCH_WALLET"


class NothingToCancel(TradewindError):
    """The nonce has its outcome, is being cancelled already, or was never given out."""

    code = "NOTHING_TO_CANCEL"


class NoteNeeded(TradewindError):
    """A drift froze the wallet, and nobody answers for it: say with --note what became of it."""

    code = "NOTE_NEEDED"


@click.group(cls=Verbs)
def wallet() -> None:
    """Show transactions and balances, reconcile, cancel, fill nonces, or resume the wallet."""


wallet.add_command(reconcile)
wallet.add_command(history)


@wallet.command("status")
@ADDRESS_OPTION
@JSON_OPTION
def status(address: str | None, as_json: bool) -> None:
    """Show whether the wallet is halted, its next nonce and its open transactions."""
    found, transactions = _run(address, _status)
    if as_json:
        click.echo(json.dumps(_wallet_document(found, transactions)))
        return
    for name, value in _lines(found, transactions):
        click.echo(f"{name:<12} {value}")


@wallet.command("slots")
@ADDRESS_OPTION
@click.option("--all", "with_settled", is_flag=True, help="Also those that have their outcome.")
@limit_option(MAX_TRANSACTIONS)
@JSON_LINES_OPTION
def transactions(address: str | None, with_settled: bool, limit: int, as_json: bool) -> None:
    """List transactions by nonce: open ones, lowest first, or all, newest first."""

    async def read(journal: TransactionJournal) -> list[WalletTransaction]:
        return await (journal.latest_transactions if with_settled else journal.open_transactions)(
            limit
        )

    print_list(
        _run(address, read),
        as_json,
        document=_transaction_document,
        headings=("nonce", "state", "purpose", "plan", "signed", "age", "transaction"),
        row=_row,
        nothing="no transactions" if with_settled else "no open transactions",
    )


@wallet.command("balances")
@click.option(
    "--address",
    type=AddressType(),
    help="Any account; needed only where the journal knows several wallets.",
)
@JSON_OPTION
def balances(address: str | None, as_json: bool) -> None:
    """Show what the wallet holds: ether and every registered token, in one block."""
    from tradewind.operations.cli.chain_reader import ChainReader

    settings = load(ChainSettings)
    account = address or _run(None, _address)
    tokens = load_tokens(load(TokenSettings).tokens_file).tokens
    reader = ChainReader(settings)
    held = reader.balances(account, [one for one in tokens if one.chain == settings.chain])
    if as_json:
        click.echo(json.dumps(_balances_document(settings.chain_id, account, reader, held)))
        return
    click.echo(f"{account} on chain {settings.chain_id}, block {reader.block_number}")
    rows = [
        (one.symbol, f"{one.amount:,f}" if one.amount is not None else "?", one.address or "")
        + ((one.problem,) if any(other.problem for other in held) else ())
        for one in held
    ]
    problems = ("problem",) if len(rows[0]) > len(BALANCE_HEADINGS) else ()
    print_table((*BALANCE_HEADINGS, *problems), rows, right=("amount",))


@wallet.command("cancel")
@click.argument("nonce", type=click.IntRange(0))
@ADDRESS_OPTION
def cancel(nonce: int, address: str | None) -> None:
    """Ask the orchestrator to replace a transaction by a transfer of zero wei to the wallet.

    That may come too late: whichever of the two is mined decides.
    """

    async def request(journal: TransactionJournal) -> bool:
        return await journal.request_cancel(nonce, getpass.getuser())

    if not _run(address, request):
        raise NothingToCancel(
            f"nonce {nonce} cannot be cancelled: it has its outcome, is being cancelled, or was "
            "never given out; see `tradewind wallet slots --all`"
        )
    click.echo(f"cancellation of nonce {nonce} requested")


@wallet.command("resume")
@ADDRESS_OPTION
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--note", help="What became of a drift: it is booked under this note.")
def resume(address: str | None, yes: bool, note: str | None) -> None:
    """Let a halted wallet give out nonces again, from the chain's transaction count on.

    Steps whose nonce a foreign transaction has taken then fail. First find out who else has the
    key. A wallet that a drift froze needs a note, which answers for the difference.
    """
    found, open_transactions = _run(address, _status)
    if found.halted_reason is None:
        click.echo(f"{found.address} is not halted")
        return
    mined = asyncio.run(_mined_nonces(found))
    click.echo(f"{found.address} is halted: {found.halted_reason}")
    for transaction in open_transactions:
        if transaction.foreign_since is not None:
            click.echo(
                f"nonce {transaction.nonce} looks taken, plan {transaction.key.plan_id} would fail"
            )
    click.echo(f"the chain counts {mined} transactions, the journal goes on at {found.next_nonce}")
    drifts = drifts_of(found)
    for drift in drifts:
        told = f"{drift.amount} base units of {drift.currency}: {drift.evidence}"
        click.echo(f"{drift.cause} of {told}")
    if drifts and not note:
        raise NoteNeeded("what differs is booked under a note: give one with --note")
    if not yes:
        click.confirm("Resume?", abort=True)
    if note:
        resume_after_drift(found, mined, note)
    else:
        _run(found.address, lambda journal: journal.resume(mined))
    resumed, _ = _run(found.address, _status)
    click.echo(f"resumed, next nonce is {resumed.next_nonce}")


@wallet.command("fill")
@ADDRESS_OPTION
@click.option("--yes", is_flag=True, help="Do not ask.")
def fill(address: str | None, yes: bool) -> None:
    """Ask the orchestrator to fill the nonces the chain waits for and the journal never gave out.

    Each is filled by a transfer of zero wei to the wallet. A transaction of somebody else that
    still waits at such a nonce may be mined instead.
    """
    found, missing = _run(address, _gap)
    if not missing:
        click.echo(f"{found.address} misses no nonce")
        return
    click.echo(f"{found.address} misses {len(missing)} nonces, {missing[0]} to {missing[-1]}")
    if not yes:
        click.confirm("Fill them with transfers of nothing?", abort=True)
    _run(found.address, lambda journal: NonceGaps.beside(journal).request_fill(getpass.getuser()))
    click.echo("requested")


async def _gap(journal: TransactionJournal) -> tuple[Wallet, list[int]]:
    """Return the wallet, and the nonces missing below its lowest open or next nonce."""
    found, open_transactions = await _status(journal)
    below = min([found.next_nonce, *(one.nonce for one in open_transactions)])
    counted = await _mined_nonces(found)
    return found, await NonceGaps.beside(journal).missing(counted, below)


async def _mined_nonces(found: Wallet) -> int:
    settings = load(ChainSettings)
    async with RpcClient(settings.rpc_urls(), timeout_seconds=settings.rpc_timeout_seconds) as node:
        await node.check_chain(found.chain_id, found.first_block_hash)
        return parse_quantity(await node.call("eth_getTransactionCount", found.address, "latest"))


async def _address(journal: TransactionJournal) -> str:
    return (await journal.wallet()).address


async def _status(journal: TransactionJournal) -> tuple[Wallet, list[WalletTransaction]]:
    return await journal.wallet(), await journal.open_transactions()


def _run[T](address: str | None, act: Callable[[TransactionJournal], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _journal(address) as journal:
            return await act(journal)

    return asyncio.run(run())


@asynccontextmanager
async def _journal(address: str | None) -> AsyncIterator[TransactionJournal]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        known = await registered_wallets(pool)
        wanted = None if address is None else to_checksum_address(address)
        matching = [one for one in known if wanted in (None, one.address)]
        if len(matching) != 1:
            names = ", ".join(one.address for one in known) or "none yet"
            told = f"no wallet {address}" if address else "name one with --address"
            raise NoSuchWallet(f"{told}; the journal knows {names}")
        yield TransactionJournal(pool, matching[0].chain_id, matching[0].address)
    finally:
        await pool.close()


def _lines(found: Wallet, transactions: list[WalletTransaction]) -> list[tuple[str, str]]:
    states = [f"{transaction.nonce} {transaction.state}" for transaction in transactions]
    oldest = min((transaction.created_at for transaction in transactions), default=None)
    lines = [
        ("wallet", f"{found.address} on chain {found.chain_id}"),
        ("state", "ready" if found.halted_reason is None else f"halted: {found.halted_reason}"),
        ("next nonce", str(found.next_nonce)),
        ("open", ", ".join(states) or "nothing"),
    ]
    if found.halted_at is not None:
        lines.insert(2, ("halted since", show_time(found.halted_at)))
    if oldest is not None:
        lines.append(("oldest", str(_age(oldest))))
    return lines


def _row(transaction: WalletTransaction) -> tuple[str, ...]:
    # The node's answer repeats the hash.
    answer = transaction.latest.broadcast_answer.removesuffix(f": {transaction.tx_hash}")
    return (
        str(transaction.nonce),
        transaction.state,
        transaction.purpose,
        transaction.key.plan_id,
        str(len(transaction.attempts)),
        str(_age(transaction.created_at)),
        f"{transaction.tx_hash} {transaction.detail or answer}",
    )


def _age(moment: datetime) -> timedelta:
    return timedelta(seconds=int((clock.now() - moment).total_seconds()))


def _wallet_document(found: Wallet, transactions: list[WalletTransaction]) -> dict[str, Any]:
    return {
        "chain_id": found.chain_id,
        "address": found.address,
        "next_nonce": found.next_nonce,
        "halted": found.halted_reason is not None,
        "halted_reason": found.halted_reason,
        "halted_at": _time(found.halted_at),
        "open": [_transaction_document(transaction) for transaction in transactions],
    }


def _balances_document(
    chain_id: int, account: str, reader: "ChainReader", held: "list[Balance]"
) -> dict[str, Any]:
    return {
        "chain_id": chain_id,
        "address": account,
        "block_number": reader.block_number,
        "balances": [
            {
                "symbol": one.symbol,
                "address": one.address,
                "decimals": one.decimals,
                "amount": None if one.amount is None else f"{one.amount:f}",
                "base_units": None if one.base_units is None else str(one.base_units),
                "problem": one.problem or None,
            }
            for one in held
        ],
    }


def _transaction_document(transaction: WalletTransaction) -> dict[str, Any]:
    return {
        "nonce": transaction.nonce,
        "state": transaction.state.value,
        "purpose": transaction.purpose.value,
        "plan_id": transaction.key.plan_id,
        "step_index": transaction.key.step_index,
        "tx_hash": transaction.tx_hash,
        "block_number": transaction.mined_block_number,
        "reason": transaction.reason,
        "detail": transaction.detail,
        "deadline": _time(transaction.deadline),
        "looks_taken_since": _time(transaction.foreign_since),
        "cancel_requested_by": transaction.cancel_requested_by,
        "created_at": _time(transaction.created_at),
        "settled_at": _time(transaction.settled_at),
        "generations": [
            {
                "purpose": one.purpose.value,
                "tx_hash": one.tx_hash,
                "max_fee_per_gas_wei": str(one.fees.max_fee_per_gas_wei),
                "max_priority_fee_per_gas_wei": str(one.fees.max_priority_fee_per_gas_wei),
                "answer": one.broadcast_answer,
            }
            for one in transaction.attempts
        ],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
