"""What the hints' scripts do in Redis, without Redis."""

from collections.abc import Callable, Sequence
from typing import Any

from tradewind.ledger.append.hints import load_lua
from tradewind.ledger.append.incarnation import ShownPosition

RECORD_CHARACTERS = 90
EVENT_ID_CHARACTERS = 26


class MemoryRedis:
    """Hints, and how far read models are complete. It may lose any of it at any time."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.shown: ShownPosition | None = None
        self._scripts: dict[str, Callable[..., Any]] = {
            load_lua("tradewind.ledger", "claim"): self._claim,
            load_lua("tradewind.ledger", "mark_done"): self._mark_done,
        }

    def register_script(self, text: str) -> Callable[..., Any]:
        script = self._scripts[text]

        async def run(args: Sequence[Any]) -> Any:
            return script(*args)

        return run

    def flush(self) -> None:
        self.values.clear()
        self.shown = None

    def show(self, position: ShownPosition) -> None:
        """Write documents: only what is newer than what is there."""
        if self.shown is None or self.shown < position:
            self.shown = position

    def _claim(self, prefix: str, records: str, claim: str, _: int) -> list[int]:
        done = []
        for place, (key, digest) in enumerate(_split(prefix, records)):
            if self.values.setdefault(key, claim) == f"done:{digest}":
                done.append(place)
        return done

    def _mark_done(self, prefix: str, records: str, _: int) -> int:
        marks = {key: f"done:{digest}" for key, digest in _split(prefix, records)}
        self.values.update(marks)
        return len(marks)


def _split(prefix: str, records: str) -> list[tuple[str, str]]:
    pieces = [
        records[at : at + RECORD_CHARACTERS] for at in range(0, len(records), RECORD_CHARACTERS)
    ]
    return [(prefix + one[:EVENT_ID_CHARACTERS], one[EVENT_ID_CHARACTERS:]) for one in pieces]
