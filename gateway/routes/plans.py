"""Shows plans as their read models have them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.parameters import check_query, path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.readmodels.models.plan import PLAN


async def show_plan(request: Request) -> Response:
    """GET /plans/{plan_id}: status, steps and progress."""
    check_query(request)
    plan_id = path_ulid(request, "plan_id")
    document = await services_of(request).read_models.read(PLAN, plan_id)
    if document is None:
        raise Problem(ProblemCode.PLAN_NOT_FOUND, f"no plan has the id {plan_id}")
    return document_response(request, document)


ROUTES = [Route("/plans/{plan_id}", show_plan, methods=["GET"])]
