"""/jobs and /jobs/{id}: listed, looked at, run, enabled, disabled, copied, deleted and restored."""

import re
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, executions, make_job, make_organization, rows, use
from tests.http.conftest import Web
from tests.http.pages import Reader, Shown
from tests.people import session_of
from tests.sql.conftest import make_runner, runner  # noqa: F401
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def member(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "member"))


@pytest.fixture
def viewer(web: Web, db: psycopg.Connection, organization: UUID) -> Reader:
    return Reader(web, session_of(db, organization, "viewer"))


def names(shown: Shown) -> list[str]:
    """The jobs of a list, in its order."""
    return re.findall(r'class="job-name"[^>]*><bdi>([^<]*)</bdi>', shown.text)


def run(db: psycopg.Connection, runner: VirtualRunner, job: UUID, status: str, **more: Any) -> UUID:  # noqa: F811
    """One run of a job from begin to end."""
    made: UUID = call(db, "run_now", id=job)["id"]
    [claim] = [each for each in runner.claim() if each.id == made]
    runner.complete(claim, status, **more)
    runner.conn.execute("select prikke.fold_outcomes()")
    runner.conn.execute("select prikke.fold_tallies()")
    return made


# The list


async def test_without_jobs_the_one_next_step_is_shown_to_whoever_may_take_it(
    member: Reader, viewer: Reader
) -> None:
    for_member, for_viewer = await member.get("/jobs"), await viewer.get("/jobs")

    assert for_member.status == for_viewer.status == 200
    assert "No jobs yet" in for_member.words
    assert 'href="/jobs/new"' in for_member.text
    assert 'href="/jobs/new"' not in for_viewer.text


async def test_a_job_is_listed_with_all_that_matters(
    member: Reader,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    job = make_job(
        db,
        name="Nightly",
        cron="0 9 * * *",
        timezone="Europe/Oslo",
        method="POST",
        url="https://example.com/hook?a=1&b=<2>",
        max_attempts=1,
    )
    run(db, runner, job, "success")
    at.move(hours=2)

    shown = await member.get("/jobs")

    assert "● Healthy Nightly" in shown.words
    assert "POST https://example.com/hook?a=1&b=<2>" in shown.words
    assert "<2>" not in shown.text
    assert "Daily at 09:00, Europe/Oslo" in shown.words
    assert "<code>0 9 * * *</code>" in shown.text
    assert "Last: 2 h ago ✓" in shown.words
    assert "tomorrow at 08:00 UTC" in shown.words
    assert "tomorrow at 09:00 Europe/Oslo" in shown.words
    assert 'aria-label="Last 1 run, none failed"' in shown.text
    assert "Showing 1 of 1 job" in shown.words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["A report", "B sync", "C off"]),
        ("?search=REPORT", ["A report"]),
        ("?search=hook-b", ["B sync"]),
        ("?search=the.key", ["C off"]),
        ("?filter=enabled", ["A report", "B sync"]),
        ("?filter=disabled", ["C off"]),
        ("?filter=healthy", ["B sync", "C off"]),
        ("?filter=failing", ["A report"]),
        ("?sort=created", ["C off", "B sync", "A report"]),
        ("?sort=last_run", ["A report", "C off", "B sync"]),
        ("?sort=nonsense&filter=nonsense&cursor=nonsense", ["A report", "B sync", "C off"]),
        ("?search=nothing", []),
    ],
)
async def test_jobs_are_searched_filtered_and_sorted(
    member: Reader,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
    query: str,
    found: list[str],
) -> None:
    failing = make_job(db, name="A report", max_attempts=1)
    at.move(seconds=1)
    make_job(db, name="B sync", url="https://example.com/hook-b")
    at.move(seconds=1)
    make_job(db, name="C off", key="the.key", enabled=False)
    run(db, runner, failing, "failed")

    shown = await member.get(f"/jobs{query}")

    assert names(shown) == found
    assert found or "Nothing matches" in shown.words
    assert "C off (disabled)" in shown.words or "C off" not in found


async def test_pages_follow_one_another_and_say_how_much_of_all_is_shown(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    for number in range(30):
        make_job(db, name=f"Job {number:02}")

    first = await member.get("/jobs?filter=enabled")
    link = re.search(r'href="([^"]+)" data-more', first.text)
    assert link is not None
    second = await member.get(link[1].replace("&amp;", "&"))

    assert "Showing 25 of 30 jobs" in first.words
    assert "Showing 30 of 30 jobs" in second.words
    assert names(first) + names(second) == [f"Job {number:02}" for number in range(30)]
    assert "data-more>" not in second.text


async def test_names_of_any_length_and_script_are_text_and_the_page_stays_small(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    for number in range(25):
        name = f"{number:02}" + ("שלום 🎉 <script>alert(1)</script>" * 9)[:190]
        make_job(db, name=name, url="https://example.com/" + "a" * 1500, cron="*/5 * * * *")

    shown = await member.get("/jobs")

    assert "<script>alert" not in shown.text
    static = re.findall(r'(?:href|src)="(/static/[^"]+)"', shown.text)
    weight = len(shown.text.encode())
    for path in static:
        weight += len((await member.get(path)).text.encode())
    assert len(static) >= 3
    assert weight < 100_000


async def test_a_viewer_is_offered_nothing_that_changes_and_may_do_none_of_it(
    viewer: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="Nightly")

    listed, shown = await viewer.get("/jobs"), await viewer.get(f"/jobs/{job}")

    for page in (listed, shown):
        assert "formaction" not in page.text
        assert 'method="post" action="/jobs' not in page.text
        assert "Run now</button>" not in page.text
        assert "/edit" not in page.text
    for deed in ("run", "enable", "disable", "delete", "restore", "duplicate", "revert"):
        assert (await viewer.post(f"/jobs/{job}/{deed}")).status == 403, deed
    fields = [("id", str(job)), ("do", "delete")]
    assert (await viewer.post("/jobs/selected", fields)).status == 403


async def test_what_is_another_organizations_is_as_if_it_were_not_there(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    use(db, make_organization(db))
    foreign = make_job(db)

    for job in (foreign, uuid4()):
        for path in ("", "/edit"):
            assert (await member.get(f"/jobs/{job}{path}")).status == 404
        for deed in ("run", "enable", "disable", "delete", "restore", "duplicate", "edit"):
            assert (await member.post(f"/jobs/{job}/{deed}")).status == 404, deed
        fields = [("id", str(job)), ("do", "disable")]
        assert (await member.post("/jobs/selected", fields)).status == 404
    assert (await member.get("/jobs/no-id")).status == 404


# What is done


async def test_a_job_is_disabled_enabled_and_run_from_where_it_is_seen(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")

    disabled = await member.post(f"/jobs/{job}/disable", {"next": "/jobs?filter=enabled"})
    page = await member.get(f"/jobs/{job}")
    enabled = await member.follow(await member.post(f"/jobs/{job}/enable"))
    started = await member.follow(await member.post(f"/jobs/{job}/run"))

    assert disabled.location == f"/jobs?filter=enabled&notice=job_disabled&subject={job}"
    assert "Disabled by you" in page.words
    assert "The job is enabled" in enabled.words
    assert "A run was queued" in started.words
    [run] = executions(db, job)
    assert f'href="/executions/{run.id}"' in started.text


async def test_a_deleted_job_comes_back_by_undo(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="Nightly")

    gone = await member.follow(await member.post(f"/jobs/{job}/delete"))
    assert names(gone) == []
    back = await member.follow(await member.post(f"/jobs/{job}/restore"))

    assert f'action="/jobs/{job}/restore"' in gone.text
    assert "The job is back" in back.words
    assert "Nightly" in back.words


async def test_a_copy_is_opened_for_change_and_rests(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="Nightly", key="nightly")

    copied = await member.post(f"/jobs/{job}/duplicate")
    opened = await member.follow(copied)

    assert copied.location.startswith("/jobs/")
    assert copied.location != f"/jobs/{job}/edit?notice=job_duplicated"
    assert 'value="Nightly (copy)"' in opened.text
    assert "disabled until you enable it" in opened.words


async def test_what_is_selected_is_changed_together_or_not_at_all(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    jobs = [make_job(db, name=f"Job {number}") for number in range(3)]
    selected = [("id", str(job)) for job in jobs[:2]]

    async def do(deed: str, *more: tuple[str, str]) -> Shown:
        return await member.post("/jobs/selected", [*selected, ("do", deed), *more])

    await do("disable")
    disabled = [row["enabled"] for row in rows(db, "list_jobs")]
    broken = await do("enable", ("id", str(uuid4())))
    untouched = [row["enabled"] for row in rows(db, "list_jobs")]
    gone = await member.follow(await do("delete"))
    undo = re.findall(r'name="id" value="([^"]+)"', gone.text.split("data-notice")[1][:900])
    back = await member.follow(await do("restore"))

    assert disabled == untouched == [False, False, True]
    assert broken.status == 404
    assert names(gone) == ["Job 2"]
    assert set(undo[:2]) == {str(job) for job in jobs[:2]}
    assert len(names(back)) == 3


async def test_a_selection_of_nothing_or_for_nothing_changes_nothing(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)

    none = await member.follow(await member.post("/jobs/selected", {"do": "delete"}))
    unknown = await member.post("/jobs/selected", {"do": "explode", "id": str(job)})
    too_many = [("do", "disable"), *(("id", str(uuid4())) for _ in range(501))]

    assert "No job was selected" in none.words
    assert unknown.status == 400
    assert (await member.post("/jobs/selected", too_many)).status == 413
    assert len(rows(db, "list_jobs")) == 1


async def test_a_deed_leads_to_a_path_of_ours_only(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db)

    answer = await member.post(f"/jobs/{job}/disable", {"next": "https://evil.example/"})

    assert answer.location.startswith(f"/jobs/{job}?")


# One job


async def test_a_job_is_shown_with_facts_rate_history_and_changes(
    member: Reader,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    job = make_job(db, name="Nightly", cron="0 3 * * *", max_attempts=1, body='{"a":')
    for _ in range(2):
        run(db, runner, job, "success", duration_ms=90)
    run(db, runner, job, "failed", status_code=503)
    failed = run(db, runner, job, "timeout")
    call(db, "update_job", id=job, cron="0 4 * * *")

    shown = await member.get(f"/jobs/{job}")

    assert "✗ Failing" in shown.words
    assert "Daily at 04:00, UTC" in shown.words
    assert "50.0 % (2/4)" in shown.words
    assert "Half within" in shown.words
    for answer in ("200 OK", "503 Service Unavailable", "Timeout"):
        assert answer in shown.words
    assert f'href="/executions/{failed}"' in shown.text
    assert shown.words.count("at 04:00 UTC") >= 5
    assert "cron: 0 3 * * * → 0 4 * * *" in shown.words
    assert "The next run is due at 2026-03-03 04:00:00 UTC" in shown.words
    assert "The body looks like JSON but is none" in shown.words


async def test_a_job_whose_last_run_failed_is_acknowledged_and_snoozed_on_its_page(
    member: Reader,
    db: psycopg.Connection,
    at: Clock,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    job = make_job(db, max_attempts=1)
    run(db, runner, job, "failed", status_code=503)
    told = "/settings/notifications"

    about = {"job_id": str(job), "next": f"/jobs/{job}"}

    failing = await member.get(f"/jobs/{job}")
    seen = await member.follow(await member.post(f"{told}/acknowledge", about))
    snoozed = await member.follow(
        await member.post(f"{told}/snooze", {**about, "duration": "1 day"})
    )
    [end] = re.findall(rf'action="({told}/mutes/[^"]+/end)"', snoozed.text)
    ended = await member.follow(await member.post(end, about))
    at.move(minutes=1)
    run(db, runner, job, "success")
    well = await member.get(f"/jobs/{job}")

    for deed in ("acknowledge", "snooze"):
        assert f'action="{told}/{deed}"' in failing.text
        assert f'action="{told}/{deed}"' not in well.text
    assert f'action="{told}/acknowledge"' not in seen.text
    assert "Acknowledged by you" in seen.words
    assert "Snoozed by you" in snoozed.words
    assert "Acknowledged by you" in ended.words


async def test_what_is_missing_is_said_in_the_frame_of_whoever_is_signed_in(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    missing = await member.get(f"/jobs/{uuid4()}")

    assert missing.status == 404
    assert 'aria-label="Main"' in missing.text
    assert 'action="/users/log-out"' in missing.text


async def test_a_job_with_a_huge_body_stays_a_small_page(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, body="a" * 200_000)
    for letter in "bcdefghijkl":
        call(db, "update_job", id=job, body=letter * 200_000)

    shown = await member.get(f"/jobs/{job}")

    assert "it has 200,000 characters" in shown.words
    assert "All changes" in shown.words
    assert len(shown.text.encode()) < 60_000


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Success", "Failed"}),
        ("?status=failed", {"Failed"}),
        ("?status=success&kind=manual", {"Success"}),
        ("?kind=schedule", set()),
        ("?status=nonsense", {"Success", "Failed"}),
    ],
)
async def test_history_is_filtered(
    member: Reader,
    db: psycopg.Connection,
    runner: VirtualRunner,  # noqa: F811
    query: str,
    found: set[str],
) -> None:
    job = make_job(db, max_attempts=1)
    run(db, runner, job, "success")
    run(db, runner, job, "failed")

    shown = await member.get(f"/jobs/{job}{query}")

    history = shown.text.split('id="history"')[1].split('id="changes"')[0]
    marked = set(re.findall(r'class="badge [a-z]+"><span[^>]*>.</span> (\w+)', history))
    assert marked == found


async def test_a_change_is_taken_back_unless_another_came_on_top(
    member: Reader, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, cron="0 3 * * *")
    call(db, "update_job", id=job, cron="0 4 * * *")
    call(db, "update_job", id=job, cron="0 5 * * *")
    newest, oldest, _ = rows(db, "list_audit", subject_kind="job", subject_id=str(job))

    refused = await member.follow(
        await member.post(f"/jobs/{job}/revert", {"id": str(oldest["id"])})
    )
    after_refusal = call(db, "get_job", id=job)["cron"]
    done = await member.follow(await member.post(f"/jobs/{job}/revert", {"id": str(newest["id"])}))

    assert "changed again since" in refused.words
    assert after_refusal == "0 5 * * *"
    assert "taken back" in done.words
    assert call(db, "get_job", id=job)["cron"] == "0 4 * * *"


async def test_why_it_does_not_run_is_said(
    member: Reader,
    db: psycopg.Connection,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    job = make_job(db)
    await member.post("/queues/pause", {"name": "default", "reason": "provider is down"})
    call(db, "run_now", id=job)
    runner.work()

    shown = await member.get(f"/jobs/{job}")

    reasons = shown.words.split("Why is it not running?")[1]
    assert 'Queue "default" was paused by you at' in reasons
    assert "provider is down" in reasons


async def test_days_and_reasons_of_a_job_are_told_in_the_zone_of_whoever_reads(
    member: Reader,
    db: psycopg.Connection,
    at: Clock,
    organization: UUID,
    runner: VirtualRunner,  # noqa: F811
) -> None:
    at.move_to("20:30")
    job = make_job(db, cron="0 12 * * *")
    run(db, runner, job, "success")

    utc = await member.get(f"/jobs/{job}")
    db.execute("update prikke.app_user set timezone = 'Asia/Tokyo'")
    tokyo = await member.get(f"/jobs/{job}")

    assert "2 Mar: 1 runs" in utc.text
    assert "due at 2026-03-03 12:00:00 UTC." in utc.text
    assert "3 Mar: 1 runs" in tokyo.text
    assert "due at 2026-03-03 21:00:00 Asia/Tokyo." in tokyo.text
