"""Finds what Redis holds and the ledger knows nothing of: documents, indexes, listings."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels import keys
from tradewind.readmodels.comparison import Comparison
from tradewind.readmodels.judgement import NOTHING, Replacement
from tradewind.readmodels.recorded import RecordedReadModels
from tradewind.readmodels.shelf import Shelf

_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_INTENT_OF_PLAN: Final = re.compile(rb'"intent_id":"(\w{26})"')
_PLAN_OF_INTENT: Final = re.compile(rb'"latest_plan_id":"(\w{26})"')


class Strangers:
    """Looks at every key, once all documents there have to be are right."""

    def __init__(self, ledger: LedgerReader, shelf: Shelf, incarnation: str, repairs: bool) -> None:
        self._ledger = ledger
        self._recorded = RecordedReadModels(ledger)
        self._shelf = shelf
        self._incarnation = incarnation
        self._repairs = repairs

    async def run(self, between: Callable[[], Awaitable[None]], found: Comparison) -> None:
        """Add to `found` what does not belong; remove it when this repairs."""
        strategies = set(await self._ledger.strategies())
        indexes: set[str] = set()
        async for names in self._shelf.names():
            await between()
            texts = dict(zip(names, await self._shelf.read(names), strict=True))
            documents = [
                *await self._intents(_ids(names, keys.INTENT_PREFIX)),
                *await self._plans(_ids(names, keys.PLAN_PREFIX), texts),
                *await self._positions(_ids(names, keys.POSITIONS_PREFIX), strategies),
            ]
            found.unknown.add(documents)
            if self._repairs:
                wrong = [Replacement(key, texts[key], NOTHING) for key in documents]
                await self._shelf.replace(self._incarnation, wrong)
            indexes |= {name for name in names if name.startswith(keys.INDEX_PREFIX)}
        # last: what listed a removed document lists nothing now
        await self._check(sorted(indexes), between, found)

    async def _intents(self, ids: Sequence[str]) -> list[str]:
        opened = await self._ledger.opened([one for one in ids if _ULID.fullmatch(one)])
        return [keys.intent_key(one) for one in ids if one not in opened]

    async def _plans(self, ids: Sequence[str], texts: dict[str, bytes]) -> list[str]:
        """A plan belongs where its intent says so, or else the ledger."""
        if not ids:
            return []
        stated = [_INTENT_OF_PLAN.search(texts[keys.plan_key(one)]) for one in ids]
        intents = [keys.intent_key(one[1].decode() if one else "") for one in stated]
        strangers = []
        for plan_id, text in zip(ids, await self._shelf.read(intents), strict=True):
            named = _PLAN_OF_INTENT.search(text)
            if (named is None or named[1] != plan_id.encode()) and not await self._is_plan(plan_id):
                strangers.append(keys.plan_key(plan_id))
        return strangers

    async def _is_plan(self, plan_id: str) -> bool:
        return bool(_ULID.fullmatch(plan_id)) and await self._recorded.plan(plan_id) is not None

    async def _positions(self, ids: Sequence[str], strategies: set[str]) -> list[str]:
        if any(one not in strategies for one in ids):
            strategies |= set(await self._ledger.strategies())  # one may have begun to trade
        return [keys.positions_key(one) for one in ids if one not in strategies]

    async def _check(
        self,
        indexes: Sequence[str],
        between: Callable[[], Awaitable[None]],
        found: Comparison,
    ) -> None:
        mine = keys.index_prefix(self._incarnation)
        others = [name for name in indexes if not name.startswith(mine)]
        found.unknown.add(others)
        if self._repairs:
            await self._shelf.delete(others)
        for name in indexes:
            if name.startswith(mine):
                pages = self._shelf.wrongly_listed(self._incarnation, name, repair=self._repairs)
                async for intent_ids in pages:
                    await between()
                    found.misplaced.add(f"{name} {one}" for one in intent_ids)


def _ids(names: Iterable[str], prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
