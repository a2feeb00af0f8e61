"""Wallets and reconciliations in memory, as a gateway has them."""

from datetime import UTC, datetime
from decimal import Decimal

from tradewind.contracts.envelope import Event
from tradewind.contracts.wallets.payloads import WalletReconcileRequested
from tradewind.contracts.wallets.report import DriftPart, DriftRecord, ReconciliationReport
from tradewind.contracts.wallets.report import WalletCheck as Check
from tradewind.trading.treasury.shown import (
    BalanceDocument,
    WalletDocument,
    WalletTransactionDocument,
)
from tradewind.trading.treasury.slots import GenerationDocument, SlotDocument

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLET_ID = f"31337-{ADDRESS}"
NAME = "0xf39F…2266"
REPORT_ID = "01M7WD7TG00000000000000009"
TX_HASH = "0x" + "ab" * 32
HUNDRED, LESS = Decimal("100.000000000000000000"), Decimal("-0.001000000000000000")


class MemoryWallets:
    """One wallet with three transactions; a request is answered at once where `answers`."""

    def __init__(self) -> None:
        self.answers = True
        self.error: Exception | None = None
        self.asked: list[Event[WalletReconcileRequested]] = []
        self.kept: list[ReconciliationReport] = [report(REPORT_ID)]

    async def all(self) -> list[WalletDocument]:
        self._check()
        return [wallet()]

    async def one(self, wallet_id: str) -> WalletDocument | None:
        self._check()
        return wallet() if wallet_id == WALLET_ID else None

    async def transactions(
        self, wallet_id: str, below: int | None, limit: int
    ) -> list[WalletTransactionDocument]:
        self._check()
        nonces = range(2, -1, -1) if below is None else range(min(2, below - 1), -1, -1)
        return [transaction(nonce) for nonce in nonces][:limit]

    async def ask(self, request: Event[WalletReconcileRequested]) -> None:
        self._check()
        self.asked.append(request)
        if self.answers:
            payload = request.payload
            self.kept.insert(0, report(payload.report_id, payload.threshold))

    async def find(self, report_id: str) -> ReconciliationReport | None:
        self._check()
        return next((one for one in self.kept if one.id == report_id), None)

    async def page(self, before: str | None, limit: int) -> list[ReconciliationReport]:
        self._check()
        return [one for one in self.kept if before is None or one.id < before][:limit]

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


class MemorySlots:
    """The nonces of that wallet."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def page(self, wallet_id: str, below: int | None, limit: int) -> list[SlotDocument]:
        if self.error is not None:
            raise self.error
        nonces = range(2, -1, -1) if below is None else range(min(2, below - 1), -1, -1)
        return [slot(nonce) for nonce in nonces][:limit]


def slot(nonce: int) -> SlotDocument:
    return SlotDocument(
        nonce=nonce,
        purpose="filler",
        state="succeeded",
        plan_id=None,
        step_index=None,
        intent_id=None,
        portfolio_id=None,
        deadline=AT,
        created_at=AT,
        submitted_at=AT,
        settled_at=AT,
        mined_tx_hash=TX_HASH,
        mined_block_number=400 + nonce,
        foreign_since=None,
        cancel_requested_at=None,
        cancel_requested_by=None,
        reason=None,
        detail=None,
        generations=(
            GenerationDocument(
                generation=0,
                purpose="original",
                tx_hash=TX_HASH,
                gas_limit=21_000,
                max_fee_per_gas_wei=10**9,
                max_priority_fee_per_gas_wei=10**9,
                signed_at=AT,
                broadcast_at=AT,
            ),
        ),
    )


def wallet() -> WalletDocument:
    amounts = {"ledger_balance": HUNDRED - LESS, "chain_balance": HUNDRED, "drift": LESS}
    return WalletDocument(
        wallet_id=WALLET_ID,
        name=NAME,
        type="hot",
        chain="eip155:31337",
        address=ADDRESS,
        state="frozen",
        halted_reason="drift: UNEXPLAINED -0.001 ETH",
        currency="ETH",
        **amounts,
        tradeable_fraction=Decimal(0),
        balances=(BalanceDocument(currency="ETH", token=None, decimals=18, **amounts),),
        open_transactions=0,
        next_nonce=3,
        block_number=412,
        as_of=AT,
        skipped=None,
    )


def transaction(nonce: int) -> WalletTransactionDocument:
    return WalletTransactionDocument(
        nonce=nonce,
        purpose="filler",
        state="succeeded",
        tx_hash=TX_HASH,
        block_number=400 + nonce,
        block_time=AT,
        gas_used=21_000,
        effective_gas_price_wei=10**9,
        fee_wei=21_000 * 10**9,
        plan_id=None,
        step_index=None,
        intent_id=None,
        portfolio_id=None,
        token_in=None,
        amount_in=None,
        token_out=None,
        amount_out=None,
        approved_token=None,
        spender=None,
        approved_amount=None,
        reason=None,
        created_at=AT,
        settled_at=AT,
    )


def report(report_id: str, threshold: Decimal = Decimal("0.0001")) -> ReconciliationReport:
    part = DriftPart.model_validate_json(
        '{"cause":"UNEXPLAINED","amount":"-1000000000000000","consequence":"frozen",'
        '"evidence":"no transaction of ours cost this"}'
    )
    record = DriftRecord(
        wallet_id=WALLET_ID,
        wallet_name=NAME,
        currency="ETH",
        decimals=18,
        ledger_balance=HUNDRED - LESS,
        chain_balance=HUNDRED,
        drift=LESS,
        within_threshold=abs(LESS) <= threshold,
        cause=part.cause,
        evidence=part.evidence,
        parts=(part,),
    )
    return ReconciliationReport(
        id=report_id,
        timestamp=AT,
        block_number=412,
        threshold=threshold,
        total_wallets=1,
        drifts_detected=1,
        drifts_within_threshold=int(record.within_threshold),
        drifts_exceeding_threshold=int(not record.within_threshold),
        wallets=(
            Check(
                wallet_id=WALLET_ID,
                name=NAME,
                address=ADDRESS,
                block_number=412,
                block_hash=TX_HASH,
                frozen=True,
            ),
        ),
        records=(record,),
    )
