"""Folds documents from the ledger alone, without looking at Redis."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tradewind.contracts.ids import make_correlation_id
from tradewind.ledger.history.reader import MAX_GLOBAL_SEQ, LedgerReader, Opening
from tradewind.readmodels.folds import CorrelationFold, FoldState, GroupFold
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

PAGE_EVENTS: Final = 100
"""Small pages: whatever else the process does waits while one is folded."""


class FromLedger:
    """Folds documents from the ledger. Raises TransientError while PostgreSQL is away."""

    def __init__(self, ledger: LedgerReader, registry: ReadModelRegistry = READ_MODELS) -> None:
        self._ledger = ledger
        self._registry = registry

    async def document[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        """Return a document, or None when the ledger has no events for it."""
        if not read_model.pattern.fullmatch(identifier):
            return None
        fold = self._registry.fold_of(read_model)
        if isinstance(fold, GroupFold):
            documents = await self._of_group(fold, identifier)
        else:
            name = await self._correlation_id(fold, read_model, identifier)
            documents = await self._of_correlations(fold, [name] if name else [])
        return next(_of_kind(read_model, documents, [identifier]), None)

    async def documents[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifiers: Sequence[str]
    ) -> list[D]:
        """Return the documents with these identifiers, as far as the ledger has events for them."""
        fold = self._registry.fold_of(read_model)
        if isinstance(fold, GroupFold):
            documents = [
                document
                for identifier in identifiers
                for document in await self._of_group(fold, identifier)
            ]
        else:
            names = await self._correlation_ids(fold, read_model, identifiers)
            documents = await self._of_correlations(fold, names)
        place = {identifier: number for number, identifier in enumerate(identifiers)}
        found = _of_kind(read_model, documents, identifiers)
        return sorted(found, key=lambda one: place[read_model.identify(one)])

    async def identifiers(
        self,
        read_model: ReadModel[Any],
        where: Mapping[str, str],
        before: str | None,
        limit: int,
    ) -> list[str]:
        """Return identifiers of histories, newest first, or group keys, last name first.

        Those whose documents have other values than `where` are left out only if the events that
        open their histories tell.
        """
        fold = self._registry.fold_of(read_model)
        if read_model.event is not None:
            return await self._ledger.event_ids(read_model.event.topic, before, limit)
        if isinstance(fold, CorrelationFold):
            told = [name for name in where if name in fold.told_at_opening]
            if not told:
                return await self._ledger.identifiers(fold.kind, before, limit)
            opening = Opening(fold.opened_by.topic, fold.told_at_opening[told[0]], where[told[0]])
            return await self._ledger.identifiers(fold.kind, before, limit, opening)
        keys = sorted(await self._ledger.group_keys(fold.by, fold.topics), reverse=True)
        return [one for one in keys if before is None or one < before][:limit]

    async def _correlation_id(
        self, fold: CorrelationFold[Any], read_model: ReadModel[Any], identifier: str
    ) -> str | None:
        if read_model.find_correlation is not None:
            return await read_model.find_correlation(self._ledger, identifier)
        return make_correlation_id(fold.kind, identifier)

    async def _correlation_ids(
        self, fold: CorrelationFold[Any], read_model: ReadModel[Any], identifiers: Sequence[str]
    ) -> Sequence[str]:
        if read_model.event is not None:
            found = await self._ledger.correlations_of_events(read_model.event.topic, identifiers)
            return list(dict.fromkeys(found.values()))
        return [make_correlation_id(fold.kind, one) for one in identifiers]

    async def _of_correlations(
        self, fold: CorrelationFold[Any], names: Sequence[str]
    ) -> list[ReadModelDocument]:
        incarnation = (await self._ledger.position()).incarnation
        histories = await self._ledger.histories(names)
        return [
            document
            for name in names
            for document in fold.documents(
                fold.fold((one.event for one in histories[name]), incarnation)
            )
        ]

    async def _of_group(self, fold: GroupFold[Any], key: str) -> Sequence[ReadModelDocument]:
        incarnation = (await self._ledger.position()).incarnation
        state = await load_group(self._ledger, fold, key)
        return fold.documents(state, incarnation)


async def load_group[S: FoldState](
    ledger: LedgerReader, fold: GroupFold[S], key: str, page_events: int = PAGE_EVENTS
) -> S:
    """Fold all recorded events of a portfolio or strategy; of one with epochs, the newest one."""
    state = fold.begin(key)
    async for grown, _ in grown_group(ledger, fold, key, state, page_events):
        state = grown
    return state


async def grown_group[S: FoldState](
    ledger: LedgerReader,
    fold: GroupFold[S],
    key: str,
    state: S,
    page_events: int = PAGE_EVENTS,
    until: int = MAX_GLOBAL_SEQ,
) -> AsyncIterator[tuple[S, int]]:
    """Fold the events recorded after the state's version into it; yield it page by page.

    With it comes how many events were read. What is folded from the beginning begins at the newest
    epoch. Later events than `until` are left out.
    """
    after = state.version
    if fold.opens_epoch is not None and not after:
        after = await ledger.newest_epoch(fold.by, fold.opens_epoch.topic, key) - 1
    while page := await ledger.group(fold.by, fold.topics, key, after, page_events):
        for recorded in page:
            if recorded.global_seq > until:
                yield state, len(page)
                return
            state = fold.evolve(state, recorded.event, recorded.global_seq)
        after = state.version
        yield state, len(page)


def _of_kind[D: ReadModelDocument](
    read_model: ReadModel[D], documents: Iterable[ReadModelDocument], identifiers: Sequence[str]
) -> Iterator[D]:
    for document in documents:
        if type(document) is read_model.document and read_model.identify(document) in identifiers:
            yield document
