"""The route of the audit log."""

from fastapi import FastAPI, Request

from reference_server.manager.people.audit import AuditEntry
from reference_server.manager.people.people import People
from reference_server.rest.bearer import PeopleKeeper
from reference_server.rest.page import Before, Limit, Page, page_before
from reference_server.rest.problem import problems


def add_audit(api: FastAPI, people: People) -> None:
    """Adds the route."""

    @api.get(
        "/audit",
        tags=["audit"],
        summary="Who did what to which, newest first",
        responses=problems(401, 403, 422),
    )
    async def entries(
        request: Request, _bearer: PeopleKeeper, limit: Limit = 100, before: Before = None
    ) -> Page[AuditEntry]:
        return page_before(request, people.audit.entries(limit + 1, before), lambda each: each.id, limit)
