"""How long something is waited for that comes nearer at the pace of the machine."""


class Patience:
    """Lasts while there is progress, and not for ever. Times are seconds of one clock."""

    def __init__(self, now: float, still_seconds: float, most_seconds: float) -> None:
        self._still_seconds = still_seconds
        """How long nothing may move."""
        self._moved_at = now
        self._ends_at = now + most_seconds
        self._reached: object = None

    def lasts(self, reached: object, now: float) -> bool:
        """Return whether to look again, having seen how far it is: any other value is progress."""
        if reached != self._reached:
            self._reached, self._moved_at = reached, now
        return now < min(self._moved_at + self._still_seconds, self._ends_at)
