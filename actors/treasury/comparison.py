"""Compares one wallet with the chain. Nothing is written here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from actors.treasury.chain_view import (
    Block,
    WalletView,
    read_block,
    read_hash,
    read_wallet,
)
from actors.treasury.decide import Movement, TokenEvidence, TokenPolicy, decide
from actors.treasury.evidence import (
    foreign_nonces,
    kept_parts,
    movements_of,
    read_costs,
    read_transfers,
    traded,
    unknown_costs,
)
from tradewind.contracts.wallets.causes import SkipReason
from tradewind.contracts.wallets.identity import wallet_id_of
from tradewind.contracts.wallets.report import AllowanceRecord, DriftPart
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.books import Books
from tradewind.trading.treasury.records import (
    NATIVE,
    Account,
    AllowanceRow,
    Balance,
    Counted,
    Token,
)
from tradewind.trading.wallet.records import Wallet

WORDS_NEEDED: Final = 2
"""So many nodes have to tell the same of a difference, where so many are configured."""
NO_POLICY: Final = TokenPolicy()


class Skipped(Exception):
    """The wallet cannot be compared now; this is no difference."""

    def __init__(self, reason: SkipReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TokenFound(NamedTuple):
    """A token in the block: what the books expect, what is there, and what the difference is."""

    token: Token
    expected: int
    actual: int
    parts: tuple[DriftPart, ...]


@dataclass(frozen=True, slots=True)
class WalletFound:
    """What a comparison found of a wallet whose books have begun."""

    account: Account
    view: WalletView
    tokens: Sequence[TokenFound]
    unread: Sequence[Balance]
    """Tokens that could not be read, as the books have them now."""
    allowances: Sequence[AllowanceRecord]


class Opening(NamedTuple):
    """A wallet whose books begin now, and what it holds."""

    account: Account
    view: WalletView
    balances: Sequence[Balance]


@dataclass(frozen=True, slots=True)
class _Books:
    """What is compared with the chain: all of it read before a node is asked for evidence."""

    account: Account
    block: Block
    nonce: int
    balances: Mapping[str, Balance]
    counted: Sequence[Counted]
    """The transactions since the last agreement."""
    costly: Sequence[Counted]
    """Those whose cost may be another one than the journal says."""
    rebased: Mapping[str, int]


class Look(NamedTuple):
    """What one node, or whichever answered, says of the wallet."""

    view: WalletView
    tokens: tuple[TokenFound, ...]

    @property
    def has_drift(self) -> bool:
        return any(one.expected != one.actual or one.parts for one in self.tokens)

    def verdict(self) -> tuple[object, ...]:
        """Return what has to be the same for two looks to say the same."""
        parts = (
            (one.token.address, one.actual, part.cause, part.amount, part.tx_hash)
            for one in self.tokens
            for part in one.parts
        )
        return (self.view.nonce, *sorted(parts, key=repr))


class Comparer:
    """Compares wallets of one chain with it; raises Skipped where that is not possible now."""

    def __init__(
        self,
        books: Books,
        client: RpcClient,
        tokens: Sequence[Token],
        policies: Mapping[str, TokenPolicy],
        confirmations: int,
    ) -> None:
        self._books = books
        self._client = client
        self._tokens = tuple(tokens)
        self._policies = policies
        self._confirmations = confirmations

    async def compare(self, wallet: Wallet) -> WalletFound | Opening:
        """Return what the wallet holds beside what it should hold."""
        try:
            account = await self._books.account(wallet.chain_id, wallet.address)
            block = await read_block(self._client, self._confirmations)
            if account is None:
                return await self._open(wallet, block)
            return await self._compare(account, block)
        except (RpcUnavailable, RpcRefused) as error:
            raise Skipped(SkipReason.NODES_SILENT, str(error)) from error

    async def _open(self, wallet: Wallet, block: Block) -> Opening:
        """Read what the books begin with, which every node that answers has to tell alike."""
        views = await self._views_of_all(wallet.address, block)
        if len({(view.nonce, *sorted(view.balances.items())) for view in views}) > 1:
            raise Skipped(SkipReason.NODES_DISAGREE, "about what the wallet begins with")
        if len(views) < min(WORDS_NEEDED, len(self._client.one_by_one())):
            raise Skipped(SkipReason.NODES_SILENT, "too few to begin the books with")
        view = views[0]
        account = Account(
            chain_id=wallet.chain_id,
            address=wallet.address,
            wallet_id=wallet_id_of(wallet.chain_id, wallet.address),
            name=f"{wallet.address[:6]}…{wallet.address[-4:]}",
            version=0,
            checked_nonce=view.nonce,
            checked_block_number=block.number,
            checked_block_hash=block.hash,
            agreed_nonce=view.nonce,
            agreed_block_number=block.number,
        )
        balances = [
            Balance(token, view.balances[token.address], view.balances[token.address])
            for token in self._tokens
            if token.address in view.balances
        ]
        return Opening(account, view, balances)

    async def _views_of_all(self, address: str, block: Block) -> list[WalletView]:
        clients = self._client.one_by_one()
        asked = (read_wallet(one, address, block, self._tokens) for one in clients)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        views = [one for one in answers if isinstance(one, WalletView)]
        unexpected = [
            one
            for one in answers
            if isinstance(one, BaseException) and not isinstance(one, RpcUnavailable)
        ]
        if unexpected:
            raise unexpected[0]
        if not views:
            raise Skipped(SkipReason.NODES_SILENT, "no node has the block")
        if not all(view.is_canonical for view in views):
            raise Skipped(SkipReason.BLOCK_GONE, block.hash)
        return views

    async def _compare(self, account: Account, block: Block) -> WalletFound:
        if block.number < account.checked_block_number:
            told = f"{block.number} before {account.checked_block_number}"
            raise Skipped(SkipReason.HEAD_BEHIND, told)
        known = {one.token.address: one for one in await self._books.balances(account)}
        tokens = {one.token.address: one.token for one in known.values()}
        tokens |= {one.address: one for one in self._tokens}
        spenders = await self._books.allowances(account, account.checked_nonce)
        asked = [(one.token, one.spender) for one in spenders]
        order = tuple(tokens.values())
        view = await read_wallet(self._client, account.address, block, order, asked)
        books = await self._read_books(account, view, known)
        look = await self._look(self._client, books, order, view)
        if look.has_drift:
            look = await self._confirmed(books, order)
            await self._check_canonical(block)
        unread = [
            _as_expected(known[address], books)
            for address in look.view.problems
            if address in known
        ]
        is_quiet = view.nonce == account.checked_nonce
        allowances = _allowances(spenders, view, tokens) if is_quiet else []
        return WalletFound(account, look.view, look.tokens, unread, allowances)

    async def _read_books(
        self, account: Account, view: WalletView, known: Mapping[str, Balance]
    ) -> _Books:
        """Read the journal after the chain: what the chain counts is in it by then."""
        if not view.is_canonical:
            raise Skipped(SkipReason.BLOCK_GONE, view.block.hash)
        if view.nonce < account.checked_nonce:
            told = f"it counts {view.nonce} transactions of {account.checked_nonce}"
            raise Skipped(SkipReason.HEAD_BEHIND, told)
        counted = await self._books.counted(account, account.agreed_nonce, view.nonce)
        _check_settled(counted, view.block)
        costly = [*counted, *await self._books.reorganised(account)]
        rebased = await self._books.rebased(account)
        return _Books(account, view.block, view.nonce, known, counted, costly, rebased)

    async def _look(
        self, client: RpcClient, books: _Books, tokens: Sequence[Token], view: WalletView
    ) -> Look:
        """Decide about every token by what a client says."""
        account, contracts = books.account, [one.address for one in tokens if one.address]
        first = account.agreed_block_number + 1
        transfers = await read_transfers(
            client, account.address, contracts, first, books.block.number
        )
        hashes = {one.tx_hash for one in transfers}
        hashes |= {one.tx_hash for one in books.costly if one.tx_hash is not None}
        booked = await self._books.booked(account, hashes)
        movements = movements_of(transfers, books.counted, booked)
        expected = _expected(books)
        has_native_drift = view.balances[NATIVE] != expected.get(NATIVE, 0)
        costs = await read_costs(client, books.costly, booked) if has_native_drift else []
        shared = _shared(books, movements, costs)
        found = tuple(
            self._decide(token, expected.get(token.address, 0), view, shared)
            for token in tokens
            if token.address in view.balances
        )
        return Look(view, found)

    def _decide(
        self, token: Token, expected: int, view: WalletView, shared: "_Shared"
    ) -> TokenFound:
        actual = view.balances[token.address]
        evidence = shared.evidence(token, expected, actual)
        parts = decide(evidence, self._policies.get(token.address, NO_POLICY))
        return TokenFound(token, expected, actual, parts)

    async def _confirmed(self, books: _Books, tokens: Sequence[Token]) -> Look:
        """Return what most nodes say of a difference, each asked by itself.

        Where several are configured, one alone is not believed.
        """
        clients = self._client.one_by_one()
        looks = await asyncio.gather(*(self._look_alone(one, books, tokens) for one in clients))
        told = [look for look in looks if look is not None]
        verdicts = [look.verdict() for look in told]
        needed = min(WORDS_NEEDED, len(clients))
        if len(told) < needed:
            raise Skipped(SkipReason.NODES_SILENT, f"{len(told)} of {len(clients)} answer")
        agreeing, look = max(
            ((verdicts.count(look.verdict()), look) for look in told), key=lambda one: one[0]
        )
        if agreeing < needed or 2 * agreeing <= len(told):
            raise Skipped(SkipReason.NODES_DISAGREE, f"{agreeing} of {len(told)} say the same")
        return look

    async def _check_canonical(self, block: Block) -> None:
        """Raise Skipped when the block left the chain while the evidence was read."""
        if await read_hash(self._client, block.number) != block.hash:
            raise Skipped(SkipReason.BLOCK_GONE, block.hash)

    async def _look_alone(
        self, client: RpcClient, books: _Books, tokens: Sequence[Token]
    ) -> Look | None:
        """Return what one node says; None where it does not answer or is at another block."""
        try:
            view = await read_wallet(client, books.account.address, books.block, tokens)
            if not view.is_canonical or view.nonce != books.nonce:
                return None
            return await self._look(client, books, tokens, view)
        except (RpcUnavailable, RpcRefused):
            return None


@dataclass(frozen=True, slots=True)
class _Shared:
    """The evidence about all tokens of one look, by token where it is about one."""

    known: Mapping[str, Balance]
    movements: Mapping[str, Sequence[Movement]]
    costs: Sequence[Movement]
    unknown_costs: frozenset[str]
    foreign_nonces: Sequence[int]
    traded: Mapping[str, int]
    rebased: Mapping[str, int]
    kept_parts: Mapping[str, Sequence[str]]

    def evidence(self, token: Token, expected: int, actual: int) -> TokenEvidence:
        address, is_native = token.address, token.address == NATIVE
        return TokenEvidence(
            is_native=is_native,
            expected=expected,
            actual=actual,
            movements=self.movements.get(address, ()),
            costs=self.costs if is_native else (),
            unknown_costs=self.unknown_costs,
            foreign_nonces=self.foreign_nonces,
            traded=self.traded.get(address, 0),
            rebased=self.rebased.get(address, 0),
            is_new=address not in self.known,
            kept_parts=self.kept_parts.get(address, ()),
        )


def _shared(
    books: _Books, movements: Mapping[str, Sequence[Movement]], costs: Sequence[Movement]
) -> _Shared:
    return _Shared(
        known=books.balances,
        movements=movements,
        costs=costs,
        unknown_costs=unknown_costs(books.costly),
        foreign_nonces=foreign_nonces(books.counted, books.account.agreed_nonce, books.nonce),
        traded=traded(books.counted),
        rebased=books.rebased,
        kept_parts=kept_parts(_new(books)),
    )


def _new(books: _Books) -> list[Counted]:
    """Return the transactions that no comparison has counted before."""
    return [one for one in books.counted if one.nonce >= books.account.checked_nonce]


def _expected(books: _Books) -> dict[str, int]:
    """Return what the books expect in the block."""
    expected = {address: one.ledger for address, one in books.balances.items()}
    for one in _new(books):
        for address, amount in one.moved().items():
            expected[address] = expected.get(address, 0) + amount
    return expected


def _as_expected(balance: Balance, books: _Books) -> Balance:
    return balance._replace(ledger=_expected(books)[balance.token.address])


def _check_settled(counted: Sequence[Counted], block: Block) -> None:
    """Raise Skipped unless the journal has the outcome of all that the chain counts."""
    for one in counted:
        if not one.is_settled:
            raise Skipped(SkipReason.IN_FLIGHT, f"nonce {one.nonce}")
        if one.block_number is not None and one.block_number > block.number:
            raise Skipped(SkipReason.BLOCK_GONE, f"nonce {one.nonce} was mined later")


def _allowances(
    spenders: Sequence[AllowanceRow], view: WalletView, tokens: Mapping[str, Token]
) -> list[AllowanceRecord]:
    """Return the allowances that are not what the journal counts on."""
    return [
        AllowanceRecord(
            currency=tokens[token].currency,
            token=token,
            spender=spender,
            journal=projected,
            chain=view.allowances[token, spender],
        )
        for token, spender, projected in spenders
        if token in tokens
        and (token, spender) in view.allowances
        and view.allowances[token, spender] != projected
    ]
