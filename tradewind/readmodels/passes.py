"""One pass over the ledger and Redis, in pages: memory does not grow with the history."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from tradewind.failpoints import failpoint
from tradewind.ledger.history.histories import Page, Stretch
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.readmodels import keys
from tradewind.readmodels.cache import advance_positions, load_positions
from tradewind.readmodels.comparison import Comparison
from tradewind.readmodels.fold import fold
from tradewind.readmodels.judgement import NOTHING, Replacement, is_ahead
from tradewind.readmodels.patience import Patience
from tradewind.readmodels.positions import Positions, to_document
from tradewind.readmodels.shelf import Interrupted, Shelf
from tradewind.readmodels.store import AnyDocument, DocumentStore, key_of, text_of
from tradewind.readmodels.strangers import Strangers

BETWEEN_PAGES: Final = "rebuild.between_pages"
MAX_LOOKS: Final = 10
"""How often documents are looked at that change while they are compared."""

type Documents = dict[str, AnyDocument]
"""What there has to be, by key."""
type Ask = Callable[[], Awaitable[Documents]]
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
        self._listed = set[str]()
        """Of the page: intents that were not there before, and so were listed when written."""
        self.found = Comparison()

    async def compare_intents(self, stretch: Stretch) -> None:
        """Go over intents and plans. Interrupted if Redis was emptied or the ledger restored."""
        async for page in self._ledger.pages(stretch):
            await self._hold()
            await self._compare_page(page)

    async def compare_positions(self) -> None:
        """Go over positions. Raises as `compare_intents`."""
        for strategy_id in await self._ledger.strategies():
            await self._hold()
            await self._compare_positions(strategy_id)

    async def compare_strangers(self) -> None:
        """Go over what should not be there, once the rest is right. Raises as `compare_intents`."""
        strangers = Strangers(self._ledger, self._shelf, self._incarnation, self._repairs)
        await strangers.run(self._hold, self.found)

    async def _hold(self) -> None:
        if self._token is not None:
            await self._shelf.hold(self._token)
            failpoint(BETWEEN_PAGES)

    async def _compare_page(self, page: Page) -> None:
        documents: Documents = {}
        owners: dict[str, str] = {}
        for history in page:
            written = self._write(history)
            documents |= written
            owners |= dict.fromkeys(written, history[0].event.correlation_id)
            self.found.events += len(history)
        if unsettled := await self._compare(documents):
            names = sorted({owners[one.key] for one in unsettled})
            await self._settle(unsettled, lambda: self._fold(names))
        intents = [
            key
            for key in documents
            if key.startswith(keys.INTENT_PREFIX) and key not in self._listed
        ]
        self._listed.clear()
        unlisted = await self._shelf.unlisted(self._incarnation, intents, repair=self._repairs)
        self.found.misplaced.add(unlisted)

    async def _fold(self, names: Iterable[str]) -> Documents:
        documents: Documents = {}
        for history in (await self._ledger.histories(names)).values():
            documents |= self._write(history)
        return documents

    def _write(self, history: Sequence[RecordedEvent]) -> Documents:
        folded = fold((one.event for one in history), self._incarnation)
        return {key_of(one): one for one in (folded.intent, folded.plan) if one is not None}

    async def _compare_positions(self, strategy_id: str) -> None:
        positions = await load_positions(self._ledger, strategy_id)
        documents = self._document_of(positions)

        async def ask() -> Documents:
            nonlocal positions
            positions = await advance_positions(self._ledger, positions)
            return self._document_of(positions)

        if unsettled := await self._compare(documents):
            await self._settle(unsettled, ask)

    def _document_of(self, positions: Positions) -> Documents:
        document = to_document(positions, self._incarnation)
        return {} if document is None else {key_of(document): document}

    async def _compare(self, documents: Documents) -> list[Replacement]:
        """Compare documents, and repair those no writer can be ahead with; return the others."""
        self.found.documents += len(documents)
        wrong = _differing(documents, await self._shelf.read(list(documents)))
        if not self._repairs:
            return wrong
        ahead = [one for one in wrong if is_ahead(one.judged, one.right)]
        return ahead + await self._replace([one for one in wrong if one not in ahead])

    async def _replace(self, wrong: Sequence[Replacement]) -> list[Replacement]:
        left = set(await self._shelf.replace(self._incarnation, wrong))
        replaced = [one for one in wrong if one.key not in left]
        self.found.different.add(one.key for one in replaced)
        self._listed |= {one.key for one in replaced if one.judged == NOTHING}
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
            documents = await ask()
            await self._check_incarnation()
            wrong = _differing(documents, [held.get(key, NOTHING) for key in documents])
            if self._repairs:
                wrong = await self._replace(wrong)
            elif set(wrong) <= set(unsettled):
                self.found.different.add(one.key for one in wrong)
                return
            if not wrong:
                return
            unsettled, names = wrong, list(documents)

    async def _check_incarnation(self) -> None:
        if (await self._ledger.position()).incarnation != self._incarnation:
            raise Interrupted


def _differing(documents: Documents, held: Sequence[bytes]) -> list[Replacement]:
    wrong = []
    for (key, document), judged in zip(documents.items(), held, strict=True):
        # a writer's bytes; whether a schema accepts them is the scrubber's matter
        if judged != NOTHING and judged == document.model_dump_json().encode():
            continue
        right = text_of(document).encode()
        if judged != right:
            wrong.append(Replacement(key, judged, right))
    return wrong
