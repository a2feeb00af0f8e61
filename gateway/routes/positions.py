"""Shows what a strategy holds."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.parameters import check_query, check_strategy_id
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.readmodels.models.positions import POSITIONS


async def show_positions(request: Request) -> Response:
    """GET /positions/{strategy_id}: positions and realised profit."""
    check_query(request)
    strategy_id = check_strategy_id(request.path_params["strategy_id"])
    document = await services_of(request).read_models.read(POSITIONS, strategy_id)
    if document is None:
        raise Problem(
            ProblemCode.POSITIONS_NOT_FOUND, f"no fill is recorded for strategy {strategy_id}"
        )
    return document_response(request, document)


ROUTES = [Route("/positions/{strategy_id}", show_positions, methods=["GET"])]
