"""The composition root of `tradewind whatif` and `POST /whatif`: `python -m research.whatif …`.

The request is JSON on standard input, the answer JSON on standard output; progress goes to standard
error, so does the reason when there is no answer.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

import asyncpg
from pydantic import ValidationError

from research.whatif.asking import WhatIf
from tradewind.errors import TradewindError
from tradewind.postgres import open_pool, refusal_of
from tradewind.settings import EngineSettings, PostgresSettings, load
from tradewind.simulation.whatif.answer import MOST_EXACT
from tradewind.simulation.whatif.documents import WhatIfDocument, WhatIfRequest
from tradewind.telemetry import configure_logging
from tradewind.trading.pricing.swap.engine import choose_router

EXIT_ANSWERED: Final = 0
EXIT_REFUSED: Final = 2
EXIT_FAILED: Final = 3
MAX_REQUEST_BYTES: Final = 65_536


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 with an answer, 2 where the request has none, 3 where the database gave none."""
    parser = argparse.ArgumentParser(prog="python -m research.whatif", description=__doc__)
    parser.add_argument("--exact", type=int, default=MOST_EXACT)
    parser.add_argument("--progress", action="store_true")
    options = parser.parse_args(arguments)
    try:
        request = WhatIfRequest.model_validate_json(sys.stdin.buffer.read(MAX_REQUEST_BYTES))
        document = asyncio.run(_answer(request, options))
    except ValidationError as error:
        return _failed(str(error), EXIT_REFUSED)
    except TradewindError as error:
        refusal = refusal_of(error) or error
        return _failed(str(refusal), EXIT_REFUSED)
    except (asyncpg.PostgresError, OSError) as error:
        return _failed(str(refusal_of(error) or error), EXIT_FAILED)
    sys.stdout.write(document.model_dump_json())
    return EXIT_ANSWERED


async def _answer(request: WhatIfRequest, options: argparse.Namespace) -> WhatIfDocument:
    settings = load(EngineSettings)
    configure_logging("whatif", "ERROR")
    router = choose_router(rust_engine_enabled=settings.rust_engine_enabled)
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        whatif = WhatIf(pool, router, _say if options.progress else lambda what: None)
        return await whatif.answer(request, options.exact)
    finally:
        await pool.close()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201


def _failed(reason: str, code: int) -> int:
    print(f"tradewind: {reason}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
