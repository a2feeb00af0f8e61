"""Decides when wallets prove that what ledger and stream lack did not happen on the chain."""

from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from actors.treasury.chain_view import read_head, read_pending
from actors.treasury.reporting import WalletResult
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.lost_history import LostHistory, Unproven

NO_WALLET: Final = "no wallet is known and there is no chain: nothing happened but what is recorded"
AGREED: Final = "all wallets agree with the books at block {}"

logger = structlog.get_logger("treasury")


def doubt_of(results: Sequence[WalletResult], pending: Sequence[int], block_number: int) -> str:
    """Return what the wallets do not prove yet; empty when they prove that nothing is missing.

    What left a wallet unnoticed took one of its nonces. If it is mined, the balances differ, in the
    native currency at least; if it waits at a node, that counts it as pending.
    """
    for result, nonces in zip(results, pending, strict=True):
        address, found = result.wallet.address, result.found
        if found is None:
            return f"{address} was not compared: {result.skipped}"
        if found.view.block.number < block_number:
            return f"{address} was compared before block {block_number}"
        if result.is_frozen_by_drift or found.unread:
            return f"{address} holds something else than its books say"
        if nonces > result.wallet.next_nonce:
            return f"a node has a transaction of {address} that the journal does not have"
    return ""


class Proof:
    """Proves history by comparisons of all wallets."""

    def __init__(self, history: LostHistory, client: RpcClient | None, chain_id: int) -> None:
        """Without a client there is no chain."""
        self._history = history
        self._client = client
        self._chain_id = chain_id
        self._doubt = ""

    async def begin(self) -> Unproven | None:
        """Return the halt that has to be proven before a pass begins; None where there is none."""
        halt = await self._history.unproven()
        if halt is None:
            return None
        if not halt.is_marked:
            try:
                head = 0 if self._client is None else await read_head(self._client)
            except (RpcUnavailable, RpcRefused) as error:
                self._tell(str(error))
                return halt
            await self._history.mark(halt, head)
            halt = halt._replace(is_marked=True, block_number=head)
        return halt

    async def end(self, halt: Unproven, results: Sequence[WalletResult]) -> None:
        """Let trading go on if this pass, begun after the halt was read, proves it."""
        if not halt.is_marked:
            return
        if doubt := await self._find_doubt(halt, results):
            self._tell(doubt)
            return
        reason = AGREED.format(_lowest(results)) if results else NO_WALLET
        if await self._history.lift(halt, reason):
            logger.warning("the history is proven: trading goes on", reason=reason)

    async def _find_doubt(self, halt: Unproven, results: Sequence[WalletResult]) -> str:
        if unprovable := await self._history.unprovable(halt, self._chain_id):
            return f"books of {unprovable[0]} prove nothing, an operator has to resume `history`"
        if self._client is None:
            return ""
        if not results:
            return "no wallet is known yet"
        try:
            pending = [await read_pending(self._client, one.wallet.address) for one in results]
        except (RpcUnavailable, RpcRefused) as error:
            return str(error)
        return doubt_of(results, pending, halt.block_number)

    def _tell(self, doubt: str) -> None:
        """Log why trading does not go on, once for each reason."""
        if doubt != self._doubt:
            logger.warning("the history is not proven: nothing is traded", doubt=doubt)
        self._doubt = doubt


def _lowest(results: Iterable[WalletResult]) -> int:
    return min(one.found.view.block.number for one in results if one.found is not None)
