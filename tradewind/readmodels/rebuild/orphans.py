"""Finds orphans: documents, indexes and index entries in Redis that no history explains."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.from_ledger import FromLedger
from tradewind.readmodels.documents.replacement import NOTHING, Replacement
from tradewind.readmodels.folds import GroupFold
from tradewind.readmodels.read_model import NamedBy, ReadModel
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.rebuild_store import RebuildStore

type Texts = dict[str, bytes]


class Orphans:
    """Checks every key; runs after all documents of the ledger were compared."""

    def __init__(
        self, ledger: LedgerReader, rebuild_store: RebuildStore, incarnation: str, repairs: bool
    ) -> None:
        self._ledger = ledger
        self._registry = rebuild_store.registry
        self._from_ledger = FromLedger(ledger, self._registry)
        self._rebuild_store = rebuild_store
        self._incarnation = incarnation
        self._repairs = repairs
        self._group_keys: dict[str, set[str]] = {}
        """The group keys the ledger has events of, by the prefix of a read model."""

    async def run(self, between: Callable[[], Awaitable[None]], found: Comparison) -> None:
        """Add orphans to `found`, and delete them when this pass repairs.

        `between` is awaited before each page, to keep the rebuild's hold on the readers.
        """
        indexes: set[str] = set()
        async for names in self._rebuild_store.names():
            await between()
            texts = dict(zip(names, await self._rebuild_store.read(names), strict=True))
            orphans = [
                read_model.key(one)
                for read_model in self._registry.read_models
                for one in await self._unknown(read_model, _ids(names, read_model.prefix), texts)
            ]
            found.unknown.add(orphans)
            if self._repairs:
                wrong = [Replacement(key, texts[key], NOTHING) for key in orphans]
                await self._rebuild_store.replace(self._incarnation, wrong)
            indexes |= {one for one in names if one.startswith(self._registry.index_prefixes)}
        # indexes come last, because they may list a document that was just deleted
        await self._check(sorted(indexes), between, found)

    async def _unknown(
        self, read_model: ReadModel[Any], ids: Sequence[str], texts: Texts
    ) -> list[str]:
        """Return the identifiers that no history in the ledger explains."""
        if not ids:
            return []
        fold = self._registry.fold_of(read_model)
        if isinstance(fold, GroupFold):
            return await self._without_group(read_model, fold, ids)
        if read_model.named_by is not None:
            return await self._unnamed(read_model, read_model.named_by, ids, texts)
        if read_model.event is not None:
            known = await self._ledger.correlations_of_events(read_model.event.topic, ids)
            return [one for one in ids if one not in known]
        candidates = [one for one in ids if read_model.pattern.fullmatch(one)]
        is_in_payload = read_model.identifier in fold.opened_by.model_fields
        key = to_camel(read_model.identifier) if is_in_payload else ""
        opened = await self._ledger.opened(fold.kind, fold.opened_by.topic, key, candidates)
        return [one for one in ids if one not in opened]

    async def _unnamed(
        self, read_model: ReadModel[Any], named_by: NamedBy, ids: Sequence[str], texts: Texts
    ) -> list[str]:
        """Return the identifiers that neither the naming document nor the ledger confirms."""
        here, there = _field(named_by.identifier), _field(named_by.field)
        stated = [here.search(texts[read_model.key(one)]) for one in ids]
        names = [named_by.read_model.key(one[1].decode() if one else "") for one in stated]
        unnamed = []
        for identifier, text in zip(ids, await self._rebuild_store.read(names), strict=True):
            named = there.search(text)
            if (
                named is None or named[1] != identifier.encode()
            ) and await self._from_ledger.document(read_model, identifier) is None:
                unnamed.append(identifier)
        return unnamed

    async def _without_group(
        self, read_model: ReadModel[Any], fold: GroupFold[Any], ids: Sequence[str]
    ) -> list[str]:
        known = self._group_keys.setdefault(read_model.prefix, set())
        if any(one not in known for one in ids):  # one may have begun to trade
            known |= set(await self._ledger.group_keys(fold.by, fold.topics))
        return [one for one in ids if one not in known]

    async def _check(
        self,
        indexes: Sequence[str],
        between: Callable[[], Awaitable[None]],
        found: Comparison,
    ) -> None:
        for read_model, index in self._registry.indexes:
            mine = index.of_incarnation(self._incarnation)
            keys = [name for name in indexes if name.startswith(index.prefix)]
            others = [name for name in keys if not name.startswith(mine)]
            found.unknown.add(others)
            if self._repairs:
                await self._rebuild_store.delete(others)
            for name in keys:
                if name.startswith(mine):
                    await self._check_index(read_model, name, between, found)

    async def _check_index(
        self,
        read_model: ReadModel[Any],
        name: str,
        between: Callable[[], Awaitable[None]],
        found: Comparison,
    ) -> None:
        pages = self._rebuild_store.wrongly_listed(
            self._incarnation, read_model, name, repair=self._repairs
        )
        async for identifiers in pages:
            await between()
            found.misplaced.add(f"{name} {one}" for one in identifiers)


def _ids(names: Iterable[str], prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


def _field(name: str) -> re.Pattern[bytes]:
    return re.compile(rb'"%s":"([\w-]+)"' % name.encode())
