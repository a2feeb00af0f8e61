"""One pass over the ledger and Redis, in pages, so that memory does not grow with the history."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from tradewind.contracts.ids import CorrelationKind
from tradewind.failpoints import failpoint
from tradewind.ledger.history.histories import PAGE_EVENTS, HistoryRange, Page, StoredHistory
from tradewind.ledger.history.reader import MAX_GLOBAL_SEQ, LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.readmodels.documents.from_ledger import grown_group
from tradewind.readmodels.documents.kept_states import is_same_state, key_of
from tradewind.readmodels.documents.replacement import NOTHING, Replacement, is_ahead
from tradewind.readmodels.documents.store import DocumentStore, checked_text, text_to_write
from tradewind.readmodels.folds import CorrelationFold, GroupFold
from tradewind.readmodels.read_model import ReadModelDocument, WrittenDocument
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.orphans import Orphans
from tradewind.readmodels.rebuild.projection_wait import ProjectionWait
from tradewind.readmodels.rebuild.rebuild_store import Interrupted, RebuildStore

BETWEEN_PAGES: Final = "rebuild.between_pages"
MAX_LOOKS: Final = 10
"""How often documents are compared again that change meanwhile."""

type Documents = dict[str, WrittenDocument]
"""The documents that Redis has to hold, by key."""
type Ask = Callable[[], Awaitable[Documents]]
"""Folds some documents from the ledger again, with the events recorded since."""


class ComparisonPass:
    """Compares documents with the ledger; given the token of a rebuild, it repairs them as well."""

    def __init__(
        self,
        ledger: LedgerReader,
        rebuild_store: RebuildStore,
        store: DocumentStore,
        incarnation: str,
        token: str | None = None,
    ) -> None:
        self._ledger = ledger
        self._rebuild_store = rebuild_store
        self._registry = rebuild_store.registry
        self._incarnation = incarnation
        self._token = token
        self._repairs = token is not None
        self._store = store
        self._wait = ProjectionWait(ledger, store)
        self._listed = set[str]()
        """Keys of this page that did not exist: the script that wrote them also listed them."""
        self.found = Comparison()

    async def compare_histories(self, ranges: Iterable[HistoryRange]) -> None:
        """Compare the documents of correlations.

        Raises Interrupted when Redis was flushed or the ledger restored meanwhile.
        """
        for histories in ranges:
            folds = self._folds_of(histories.kind)
            async for page in self._ledger.pages(histories):
                await self._hold()
                await self._compare_page(folds, page)

    async def compare_groups(self) -> None:
        """Compare the documents of groups. Raises Interrupted like `compare_histories`."""
        for fold in self._registry.group_folds:
            for key in await self._ledger.group_keys(fold.by, fold.topics):
                await self._hold()
                await self._compare_group(fold, key)

    async def compare_orphans(self) -> None:
        """Find orphans, after all other comparisons. Raises like `compare_histories`."""
        orphans = Orphans(self._ledger, self._rebuild_store, self._incarnation, self._repairs)
        await orphans.run(self._hold, self.found)

    def _folds_of(self, kind: CorrelationKind) -> list[CorrelationFold[Any]]:
        return [fold for fold in self._registry.correlation_folds if fold.kind == kind]

    async def _hold(self) -> None:
        if self._token is not None:
            await self._rebuild_store.hold(self._token)
            failpoint(BETWEEN_PAGES)

    async def _compare_page(self, folds: Sequence[CorrelationFold[Any]], page: Page) -> None:
        documents: Documents = {}
        owners: dict[str, str] = {}
        for history in page:
            folded = self._fold_rows(folds, history)
            documents |= folded
            owners |= dict.fromkeys(folded, history.correlation_id)
            self.found.events += len(history.rows)
        if unsettled := await self._compare(documents):
            names = sorted({owners[one.key] for one in unsettled})
            await self._settle(unsettled, lambda: self._fold_again(folds, names))
        await self._check_listed(documents)

    async def _fold_again(
        self, folds: Sequence[CorrelationFold[Any]], names: Iterable[str]
    ) -> Documents:
        documents: Documents = {}
        for history in (await self._ledger.histories(names)).values():
            documents |= self._fold(folds, history)
        return documents

    def _fold_rows(
        self, folds: Sequence[CorrelationFold[Any]], history: StoredHistory
    ) -> Documents:
        documents: Documents = {}
        for fold in folds:
            written = fold.fold_rows(history.rows, self._incarnation)
            if written is None:
                documents |= self._fold([fold], history.events())
            else:
                documents |= {one.key: one for one in written}
        return documents

    def _fold(
        self, folds: Sequence[CorrelationFold[Any]], history: Sequence[RecordedEvent]
    ) -> Documents:
        documents: Documents = {}
        for fold in folds:
            state = fold.fold((one.event for one in history), self._incarnation)
            documents |= self._by_key(fold.documents(state))
        return documents

    async def _compare_group(self, fold: GroupFold[Any], key: str) -> None:
        state = await self._grow(fold, key, await self._compare_kept(fold, key))
        documents = self._by_key(fold.documents(state, self._incarnation))

        async def ask() -> Documents:
            nonlocal state
            state = await self._grow(fold, key, state)
            return self._by_key(fold.documents(state, self._incarnation))

        if unsettled := await self._compare(documents):
            await self._settle(unsettled, ask)
        await self._check_listed(documents)

    async def _compare_kept(self, fold: GroupFold[Any], key: str) -> Any:
        """Compare the kept state of a group; return the state up to it, for going on from there."""
        state, kept = fold.begin(key), self._store.kept
        found = await kept.read(self._ledger, fold, key, self._incarnation)
        if found is None:
            return state
        state = await self._grow(fold, key, state, found.version)
        # of a portfolio that began another epoch since then, what came before is not read
        is_known = bool(state.version)
        is_wrong = is_known and not is_same_state(fold, found, state)
        if is_wrong:
            self.found.different.add([key_of(fold, key)])
        if self._repairs and (is_wrong or not is_known):
            await kept.drop(fold, key)
        return state

    async def _grow(
        self, fold: GroupFold[Any], key: str, state: Any, until: int = MAX_GLOBAL_SEQ
    ) -> Any:
        async for grown, _ in grown_group(self._ledger, fold, key, state, PAGE_EVENTS, until):
            state = grown
        return state

    def _by_key(self, documents: Iterable[ReadModelDocument]) -> Documents:
        return {one.key: one for one in map(self._write, documents)}

    def _write(self, document: ReadModelDocument) -> WrittenDocument:
        read_model = self._registry.read_model_of(document)
        text = text_to_write(self._registry, document).encode()
        return WrittenDocument(read_model, read_model.key_of(document), text)

    async def _check_listed(self, documents: Documents) -> None:
        """Check that every document is in its indexes, except those that were just written."""
        names = [
            key
            for key, document in documents.items()
            if key not in self._listed and document.read_model.index is not None
        ]
        self._listed.clear()
        unlisted = self._rebuild_store.unlisted(self._incarnation, names, repair=self._repairs)
        self.found.misplaced.add(await unlisted)

    async def _compare(self, documents: Documents) -> list[Replacement]:
        """Compare documents; repair those that are not newer than expected, return the others."""
        self.found.documents += len(documents)
        wrong = self._differing(documents, await self._rebuild_store.read(list(documents)))
        if not self._repairs:
            return wrong
        ahead = [one for one in wrong if is_ahead(one.found_bytes, one.expected_bytes)]
        return ahead + await self._replace([one for one in wrong if one not in ahead])

    async def _replace(self, wrong: Sequence[Replacement]) -> list[Replacement]:
        left = set(await self._rebuild_store.replace(self._incarnation, wrong))
        replaced = [one for one in wrong if one.key not in left]
        self.found.different.add(one.key for one in replaced)
        self._listed |= {one.key for one in replaced if one.found_bytes == NOTHING}
        return [one for one in wrong if one.key in left]

    async def _settle(self, unsettled: Sequence[Replacement], ask: Ask) -> None:
        """Compare documents the writer may be writing again: read Redis first, then the ledger.

        The writer commits before it writes to Redis. So bytes that are read before the ledger
        cannot be newer than it: if they differ they are wrong, or the writer is about to replace
        them.
        """
        names = [one.key for one in unsettled]
        for _ in range(MAX_LOOKS):
            if not self._repairs:
                await self._wait.wait()
            held = dict(zip(names, await self._rebuild_store.read(names), strict=True))
            documents = await ask()
            await self._check_incarnation()
            wrong = self._differing(documents, [held.get(key, NOTHING) for key in documents])
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

    def _differing(self, documents: Documents, held: Sequence[bytes]) -> list[Replacement]:
        wrong = []
        for (key, document), found_bytes in zip(documents.items(), held, strict=True):
            expected_bytes = document.text
            if found_bytes not in (expected_bytes, NOTHING):
                # the scrubber may have found that the schema refuses it
                kind = document.read_model.document
                expected_bytes = checked_text(kind, expected_bytes.decode()).encode()
            if found_bytes != expected_bytes:
                wrong.append(Replacement(key, found_bytes, expected_bytes))
        return wrong
