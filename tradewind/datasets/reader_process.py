"""Reads files in a process of its own, because a file may be made to take all memory.

The process has an empty environment, a limit of address space, and says on its output what it
reads. When it is killed, nothing was kept. Whoever starts it needs no polars.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.extra import require_polars

if TYPE_CHECKING:
    from tradewind.datasets.importing import ImportRequest
    from tradewind.datasets.written import Written

MODULE: Final = "tradewind.datasets.reader_process"
MAX_SHOWN: Final = 300


def read_apart(
    request: "ImportRequest",
    scratch: Path,
    target: Path,
    told: Callable[[str], None],
    max_memory_bytes: int,
) -> "Written":
    """Return what `import_files` does, done by another process; DatasetRefused as there."""
    from tradewind.datasets.written import Written

    question = {
        "request": request.model_dump(mode="json"),
        "scratch": str(scratch.resolve()),
        "target": str(target.resolve()),
        "max_memory_bytes": max_memory_bytes,
    }
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        text=True,
    ) as process:
        try:
            answer = _conversation(process, question, told)
        except BaseException:
            process.kill()
            raise
    if answer is None:
        limit = f"{max_memory_bytes:,} bytes"
        raise DatasetRefused(
            f"the process that read the files ended with {process.returncode}: they may need more "
            f"memory than {limit} (TRADEWIND_DATASET_MAX_MEMORY_BYTES)"
        )
    if "refused" in answer:
        raise DatasetRefused(str(answer["refused"]))
    return Written.model_validate_json(json.dumps(answer["written"]))


def _conversation(
    process: "subprocess.Popen[str]", question: dict[str, Any], told: Callable[[str], None]
) -> dict[str, Any] | None:
    """Return the last thing that the process says; None when it ended before."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(question))
        process.stdin.close()
    except BrokenPipeError:
        return None
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if "reads" not in said:
            return said
        told(str(said["reads"]))
    return None


def _work(question: dict[str, Any], output: IO[str]) -> None:
    # They take most of a second, and what they import needs the limit set before.
    from tradewind.datasets.importing import ImportRequest, import_files

    def say(what: dict[str, Any]) -> None:
        output.write(json.dumps(what) + "\n")
        output.flush()

    request = ImportRequest.model_validate_json(json.dumps(question["request"]))
    paths = (Path(question["scratch"]), Path(question["target"]))
    try:
        written = import_files(request, *paths, lambda name: say({"reads": name}))
    except DatasetRefused as error:
        say({"refused": str(error)})
    except OSError as error:
        say({"refused": f"{error.filename or 'a file'}: {error.strerror}"})
    except MemoryError:
        say({"refused": "the files need more memory than TRADEWIND_DATASET_MAX_MEMORY_BYTES"})
    else:
        say({"written": written.model_dump(mode="json", by_alias=True)})


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    limit = int(question["max_memory_bytes"])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    require_polars()
    _work(question, sys.stdout)


if __name__ == "__main__":
    main()
