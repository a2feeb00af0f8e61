"""Shows what a strategy holds."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import path_parameter
from gateway.http.operations import Operation
from gateway.http.parameters import check_strategy_id
from gateway.http.problems import Problem, ProblemCode
from gateway.routes.as_of import PARAMETERS, PROBLEMS, answer, as_of_in, read_models_of
from gateway.visibility import are_positions_covered
from tradewind.contracts.intents.model import StrategyId
from tradewind.readmodels.models.positions import POSITIONS, PositionsDocument


async def show_positions(request: Request) -> Response:
    """GET /positions/{strategy_id}: positions and realised profit."""
    strategy_id = check_strategy_id(request.path_params["strategy_id"])
    as_of = await as_of_in(request)
    document = await read_models_of(request, as_of).read(POSITIONS, strategy_id)
    if document is None or not await are_positions_covered(request, strategy_id):
        raise Problem(
            ProblemCode.POSITIONS_NOT_FOUND, f"no fill is recorded for strategy {strategy_id}"
        )
    return answer(request, document, as_of)


OPERATIONS = [
    Operation(
        "GET",
        "/positions/{strategy_id}",
        show_positions,
        tag="positions",
        scope=KeyScope.READ,
        answer=PositionsDocument,
        parameters=[path_parameter("strategy_id", StrategyId, "The strategy's id."), *PARAMETERS],
        problems=[
            *PROBLEMS,
            ProblemCode.POSITIONS_NOT_FOUND,
            ProblemCode.READ_UNAVAILABLE,
            ProblemCode.REBUILDING,
        ],
    )
]
