"""`/jobs`: all jobs, and what is done to one or several of them."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.api.kinds import Wrong, read_uuid
from prikke.http.form import Form, read_form
from prikke.http.local import local_path, see
from prikke.http.pages.job_words import next_page, schedule, state, strip_words
from prikke.http.person import call, made_id, visit, visit_once
from prikke.http.templating import page
from prikke.http.visit import Row

PAGE_SIZE = 25
_COUNTED = 1000
_SELECTED = 500
FILTERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("", "All", {}),
    ("enabled", "Enabled", {"status": "enabled"}),
    ("disabled", "Disabled", {"status": "disabled"}),
    ("healthy", "Healthy", {"health": "healthy"}),
    ("failing", "Failing", {"health": "failing"}),
)
SORTS = (("name", "Name"), ("created", "Newest first"), ("last_run", "Last run"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of jobs is asked for; what means nothing is passed over."""

    search: str | None
    filter: str
    sort: str
    cursor: UUID | None
    seen: int

    @classmethod
    def read(cls, query: QueryParams) -> "Asked":
        """Out of a query."""
        text = query.get("search", "").replace("\0", "").strip()[:200]
        chosen, sort = query.get("filter", ""), query.get("sort", "name")
        seen = query.get("seen", "0")
        try:
            cursor = read_uuid(query.get("cursor"))
        except Wrong:
            cursor = None
        return cls(
            search=text or None,
            filter=chosen if any(chosen == name for name, *_ in FILTERS) else "",
            sort=sort if sort in dict(SORTS) else "name",
            cursor=cursor,
            seen=int(seen[:9]) if cursor and seen.isascii() and seen.isdigit() else 0,
        )

    @property
    def matching(self) -> dict[str, Any]:
        """As SQL is asked."""
        [conditions] = [found for name, _, found in FILTERS if name == self.filter]
        return {"search": self.search, "status": None, "health": None, **conditions}

    def path(self, **other: Any) -> str:
        """Where the same is asked, but for something."""
        query = {
            "search": self.search,
            "filter": self.filter,
            "sort": self.sort if self.sort != "name" else None,
        }
        return next_page("/jobs", {**query, **other})


async def index(request: Request) -> Response:
    """The list."""
    asked = Asked.read(request.query_params)
    _, [rows] = await visit(
        request,
        call(
            "select * from prikke.list_jobs(search => %(search)s, status => %(status)s, "
            "health => %(health)s, sort => %(sort)s, page_size => %(size)s, cursor => %(cursor)s)",
            **asked.matching,
            sort=asked.sort,
            size=PAGE_SIZE,
            cursor=asked.cursor,
        ),
        function="list_jobs",
    )
    jobs, total = await _about(request, asked, rows)
    shown = asked.seen + len(rows)
    further = asked.path(cursor=rows[-1]["id"], seen=shown) if len(rows) == PAGE_SIZE else None
    return page(
        request,
        "jobs/list.html",
        {
            "jobs": jobs,
            "asked": asked,
            "filters": [
                (name, asked.path(filter=name, cursor=None), word) for name, word, _ in FILTERS
            ],
            "sorts": SORTS,
            "shown": shown,
            "total": max(total, shown),
            "beyond": total == _COUNTED,
            "further": further if total != shown else None,
        },
    )


async def _about(request: Request, asked: Asked, rows: list[Row]) -> tuple[list[Row], int]:
    """Words and last runs of the jobs of a page, and how many there are on all pages."""
    whole = len(rows) < PAGE_SIZE
    if not rows:
        return [], asked.seen
    ids = [row["id"] for row in rows]
    _, [words, runs, counts] = await visit(
        request,
        call("select * from prikke.describe_jobs(%(ids)s)", ids=ids),
        call("select * from prikke.last_runs(%(ids)s, count => 30)", ids=ids),
        call(
            "select prikke.count_jobs(search => %(search)s, status => %(status)s, "
            "health => %(health)s, most => %(most)s) as count",
            **asked.matching,
            most=0 if whole else _COUNTED,
        ),
    )
    said = {row["job_id"]: row["words"] for row in words}
    last: dict[UUID, list[str]] = defaultdict(list)
    for run in reversed(runs):
        last[run["job_id"]].append(run["status"])
    jobs = [
        {
            **row,
            "state": state(row),
            "words": schedule(row, said),
            "runs": last[row["id"]],
            "runs_words": strip_words(last[row["id"]]),
        }
        for row in rows
    ]
    return jobs, asked.seen + len(rows) if whole else counts[0]["count"]


# What may be done to one or several: the function, and the statement that calls it.
_DEEDS: dict[str, tuple[str, LiteralString]] = {
    "enable": ("resume_job", "select prikke.resume_job(id => %(id)s)"),
    "disable": ("pause_job", "select prikke.pause_job(id => %(id)s)"),
    "delete": ("delete_job", "select prikke.delete_job(id => %(id)s)"),
    "restore": ("restore_job", "select prikke.restore_job(id => %(id)s)"),
}
_SELECTED_NOTICES = {"delete": "jobs_deleted", "restore": "jobs_restored"}


async def change_selected(request: Request) -> Response:
    """Enable, disable, delete or bring back several, all or none."""
    form = await read_form(request)
    deed, ids = form["do"], _ids(form)
    back = local_path(form["next"], "/jobs")
    if deed not in _DEEDS:
        raise Refused(400, "bad_request", "That cannot be done to jobs.")
    if not ids:
        return see(back, "no_jobs_selected")
    await _do(request, deed, ids)
    notice = _SELECTED_NOTICES.get(deed, "jobs_changed")
    return see(back, notice, ",".join(map(str, ids)) if deed == "delete" else None)


async def _do(request: Request, deed: str, ids: list[UUID]) -> None:
    function, query = _DEEDS[deed]
    await visit(request, *(call(query, id=each) for each in ids), function=function)


def _ids(form: Form) -> list[UUID]:
    """The jobs selected, in an order that is the same for everybody, so that nobody deadlocks."""
    try:
        ids = sorted({read_uuid(text) for text in form.all("id")})
    except Wrong:
        raise Refused(404, "not_found", "There is no such job.") from None
    if len(ids) > _SELECTED:
        raise Refused(413, "too_large", f"At most {_SELECTED} jobs can be changed at once.")
    return ids


def _route(deed: str, notice: str) -> Route:
    """Do it to one job, and go back to where it was asked for."""

    async def handle(request: Request) -> Response:
        job, form = request.path_params["id"], await read_form(request)
        await _do(request, deed, [job])
        otherwise = "/jobs" if deed == "delete" else f"/jobs/{job}"
        return see(local_path(form["next"], otherwise), notice, job)

    return Route(f"/jobs/{{id:uuid}}/{deed}", handle, methods=["POST"])


async def run(request: Request) -> Response:
    """Run it once, now."""
    job, form = request.path_params["id"], await read_form(request)
    _, started = await visit_once(
        request,
        call("select id from prikke.run_now(id => %(id)s)", id=job),
        function="run_now",
        answer=made_id,
    )
    return see(local_path(form["next"], f"/jobs/{job}"), "job_started", started)


async def duplicate(request: Request) -> Response:
    """Make a disabled copy, and change that."""
    _, copy = await visit_once(
        request,
        call(
            "select id from prikke.duplicate_job(id => %(id)s)",
            id=request.path_params["id"],
        ),
        function="duplicate_job",
        answer=made_id,
    )
    return see(f"/jobs/{copy}/edit", "job_duplicated")


ROUTES = (
    Route("/jobs", index),
    Route("/jobs/selected", change_selected, methods=["POST"]),
    _route("enable", "job_enabled"),
    _route("disable", "job_disabled"),
    _route("delete", "job_deleted"),
    _route("restore", "job_restored"),
    Route("/jobs/{id:uuid}/run", run, methods=["POST"]),
    Route("/jobs/{id:uuid}/duplicate", duplicate, methods=["POST"]),
)
