"""What-ifs that are answered at once."""

from gateway.http.problem_codes import ProblemCode
from gateway.http.problems import Problem
from tradewind.simulation.whatif.documents import WhatIfDocument, WhatIfRequest

WHATIF = {
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-11-20T00:00:00Z",
    "limits": {"max_notional_usd": "5000"},
}


class MemoryWhatIfs:
    """Nothing was ever decided here."""

    def __init__(self) -> None:
        self.asked: list[WhatIfRequest] = []
        self.problem: ProblemCode | None = None

    def fail(self, code: str) -> None:
        self.problem = ProblemCode[code]

    async def answer(self, key_id: str, request: bytes) -> bytes:
        if self.problem is not None:
            raise Problem(self.problem, "as it was told")
        self.asked.append(WhatIfRequest.model_validate_json(request))
        zero = dict.fromkeys(
            ("profit_before", "profit_after", "drawdown_before", "drawdown_after"), "0"
        )
        document = WhatIfDocument.model_validate(
            dict.fromkeys(("decisions", "same", "unknown", "flips_total", "filled_exactly"), 0)
            | dict.fromkeys(("flips", "by_rule", "by_day"), ())
            | zero
            | {"sampled": False}
        )
        return document.model_dump_json().encode()
