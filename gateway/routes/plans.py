"""Shows plans as their read models have them."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import path_parameter
from gateway.http.operations import Operation
from gateway.http.parameters import path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.routes.as_of import PARAMETERS, PROBLEMS, answer, as_of_in, read_models_of
from gateway.visibility import is_covered
from tradewind.contracts.ids import Ulid
from tradewind.readmodels.models.plan import PLAN, PlanDocument


async def show_plan(request: Request) -> Response:
    """GET /plans/{plan_id}: status, steps and progress."""
    plan_id = path_ulid(request, "plan_id")
    as_of = await as_of_in(request)
    document = await read_models_of(request, as_of).read(PLAN, plan_id)
    if document is None or not await is_covered(request, document, document.strategy_id):
        raise Problem(ProblemCode.PLAN_NOT_FOUND, f"no plan has the id {plan_id}")
    return answer(request, document, as_of)


OPERATIONS = [
    Operation(
        "GET",
        "/plans/{plan_id}",
        show_plan,
        tag="plans",
        scope=KeyScope.READ,
        answer=PlanDocument,
        parameters=[path_parameter("plan_id", Ulid, "The plan's id."), *PARAMETERS],
        problems=[
            *PROBLEMS,
            ProblemCode.PLAN_NOT_FOUND,
            ProblemCode.READ_UNAVAILABLE,
            ProblemCode.REBUILDING,
        ],
    )
]
