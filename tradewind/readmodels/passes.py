"""One pass over the ledger and Redis, in pages: memory does not grow with the history."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from tradewind.contracts.ids import CorrelationKind
from tradewind.failpoints import failpoint
from tradewind.ledger.reader import LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.readmodels import keys
from tradewind.readmodels.cache import advance_positions, load_positions
from tradewind.readmodels.comparison import Comparison
from tradewind.readmodels.fold import fold
from tradewind.readmodels.judgement import NOTHING, Replacement, is_ahead
from tradewind.readmodels.patience import Patience
from tradewind.readmodels.positions import Positions, to_document
from tradewind.readmodels.shelf import Interrupted, Shelf
from tradewind.readmodels.store import DocumentStore, key_of, text_of
from tradewind.readmodels.strangers import Strangers

BETWEEN_PAGES: Final = "rebuild.between_pages"
MAX_LOOKS: Final = 10
"""How often documents are looked at that change while they are compared."""

type Texts = dict[str, bytes]
"""What Redis has to hold, by key."""
type Ask = Callable[[], Awaitable[Texts]]
"""Folds some documents from the ledger as it stands now."""


class Pass:
    """Compares; with the token of a rebuild it repairs as well."""

    def __init__(
        self,
        ledger: LedgerReader,
        shelf: Shelf,
        store: DocumentStore,
        incarnation: str,
        token: str | None = None,
    ) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._incarnation = incarnation
        self._token = token
        self._repairs = token is not None
        self._patience = Patience(ledger, store)
        self.found = Comparison()

    async def run(self) -> None:
        """Go over everything. Interrupted when Redis was emptied or the ledger restored."""
        async for histories in self._ledger.all_histories(CorrelationKind.INTENT):
            await self._hold()
            await self._compare_intents(histories)
        for strategy_id in await self._ledger.strategies():
            await self._hold()
            await self._compare_positions(strategy_id)
        strangers = Strangers(self._ledger, self._shelf, self._incarnation, self._repairs)
        await strangers.run(self._hold, self.found)

    async def _hold(self) -> None:
        if self._token is not None:
            await self._shelf.hold(self._token)
            failpoint(BETWEEN_PAGES)

    async def _compare_intents(self, histories: Mapping[str, Sequence[RecordedEvent]]) -> None:
        texts: Texts = {}
        owners: dict[str, str] = {}
        for name, history in histories.items():
            written = self._write(history)
            texts |= written
            owners |= dict.fromkeys(written, name)
        self.found.events += sum(map(len, histories.values()))
        if unsettled := await self._compare(texts):
            names = sorted({owners[one.key] for one in unsettled})
            await self._settle(unsettled, lambda: self._fold(names))
        intents = [key for key in texts if key.startswith(keys.INTENT_PREFIX)]
        unlisted = await self._shelf.unlisted(self._incarnation, intents, repair=self._repairs)
        self.found.misplaced.add(unlisted)

    async def _fold(self, names: Iterable[str]) -> Texts:
        texts: Texts = {}
        for history in (await self._ledger.histories(names)).values():
            texts |= self._write(history)
        return texts

    def _write(self, history: Sequence[RecordedEvent]) -> Texts:
        folded = fold((one.event for one in history), self._incarnation)
        documents = [one for one in (folded.intent, folded.plan) if one is not None]
        return {key_of(one): text_of(one).encode() for one in documents}

    async def _compare_positions(self, strategy_id: str) -> None:
        positions = await load_positions(self._ledger, strategy_id)
        texts = self._write_positions(positions)

        async def ask() -> Texts:
            nonlocal positions
            positions = await advance_positions(self._ledger, positions)
            return self._write_positions(positions)

        if unsettled := await self._compare(texts):
            await self._settle(unsettled, ask)

    def _write_positions(self, positions: Positions) -> Texts:
        document = to_document(positions, self._incarnation)
        return {} if document is None else {key_of(document): text_of(document).encode()}

    async def _compare(self, texts: Texts) -> list[Replacement]:
        """Compare documents, and repair those no writer can be ahead with; return the others."""
        self.found.documents += len(texts)
        wrong = _differing(texts, await self._shelf.read(list(texts)))
        if not self._repairs:
            return wrong
        ahead = [one for one in wrong if is_ahead(one.judged, one.right)]
        return ahead + await self._replace([one for one in wrong if one not in ahead])

    async def _replace(self, wrong: Sequence[Replacement]) -> list[Replacement]:
        left = set(await self._shelf.replace(self._incarnation, wrong))
        self.found.different.add(one.key for one in wrong if one.key not in left)
        return [one for one in wrong if one.key in left]

    async def _settle(self, unsettled: Sequence[Replacement], ask: Ask) -> None:
        """Look again at documents that others may be writing: Redis first, then the ledger.

        The writer commits before it writes to Redis. What was read there before the ledger was
        cannot be ahead of it: what differs is wrong, or about to be replaced by the writer.
        """
        names = [one.key for one in unsettled]
        for _ in range(MAX_LOOKS):
            if not self._repairs:
                await self._patience.wait()
            held = dict(zip(names, await self._shelf.read(names), strict=True))
            texts = await ask()
            await self._check_incarnation()
            wrong = _differing(texts, [held.get(key, NOTHING) for key in texts])
            if self._repairs:
                wrong = await self._replace(wrong)
            elif set(wrong) <= set(unsettled):
                self.found.different.add(one.key for one in wrong)
                return
            if not wrong:
                return
            unsettled, names = wrong, list(texts)

    async def _check_incarnation(self) -> None:
        if (await self._ledger.position()).incarnation != self._incarnation:
            raise Interrupted


def _differing(texts: Texts, held: Sequence[bytes]) -> list[Replacement]:
    return [
        Replacement(key, judged, right)
        for (key, right), judged in zip(texts.items(), held, strict=True)
        if judged != right
    ]
