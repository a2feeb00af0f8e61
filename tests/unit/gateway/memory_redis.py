"""As much of Redis as nonces and tickets need, in a dictionary; an `error` is raised instead."""

from typing import Any


class MemoryRedis:
    """Keeps strings. Their time to live is kept beside them, and nothing ends by itself."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.kept_ms: dict[str, int] = {}
        self.error: Exception | None = None
        self.asked = 0

    def pipeline(self, transaction: bool = True) -> "MemoryPipeline":
        return MemoryPipeline(self)

    async def set(self, name: str, value: str, *, nx: bool, px: int) -> bool | None:
        self.check()
        is_set: bool | None = self.run("SET", name, value, "NX", "PX", px)
        return is_set

    async def getdel(self, name: str) -> str | None:
        self.check()
        return self.held.pop(name, None)

    def run(self, _: str, name: str, value: str, *options: Any) -> Any:
        before = self.held.get(name)
        if "NX" in options and before is None:
            self.held[name] = value
        if "PX" in options:
            self.kept_ms[name] = options[-1]
        if "GET" in options:
            return before
        return True if before is None else None

    def check(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


class MemoryPipeline:
    def __init__(self, redis: MemoryRedis) -> None:
        self._redis = redis
        self._commands: list[tuple[Any, ...]] = []

    def execute_command(self, *command: Any) -> None:
        self._commands.append(command)

    async def execute(self) -> list[Any]:
        self._redis.check()
        return [self._redis.run(*command) for command in self._commands]
