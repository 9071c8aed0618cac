"""When people are told of what: once, together, and not while they asked for quiet."""

from uuid import UUID

import psycopg
import pytest

from tests.alarms import Alarms, Told
from tests.conftest import Clock
from tests.factories import call, make_job
from tests.people import make_member
from tests.virtual_runner import VirtualRunner


@pytest.fixture
def alarms(db: psycopg.Connection, runner: VirtualRunner, at: Clock) -> Alarms:
    """One channel, a webhook; the owners' mail is switched off."""
    made = Alarms(db, runner, at)
    for channel in db.execute("select id from prikke.list_channels()").fetchall():
        call(db, "update_channel", id=channel[0], enabled=False)
    call(db, "create_channel", target="https://alarms.example.org/hook")
    return made


def frequent(db: psycopg.Connection, **more: object) -> UUID:
    """A job of every five minutes, which fails for people after three failures."""
    return make_job(db, cron="*/5 * * * *", **more)


# From outcomes to states


@pytest.mark.parametrize(
    ("fields", "outcomes", "kinds"),
    [
        ({"cron": "0 3 * * *"}, "F", ["failing"]),
        ({}, "F", ["failing"]),
        ({"cron": "*/5 * * * *"}, "FF", []),
        ({"cron": "*/5 * * * *"}, "FFF", ["failing"]),
        ({"cron": "*/5 * * * *"}, "FFFFFFF", ["failing"]),
        ({"cron": "*/5 * * * *"}, "FFSFF", []),
        ({"cron": "*/5 * * * *"}, "FFFS", ["failing", "recovered"]),
        ({"cron": "*/5 * * * *"}, "FFFSSFSF", ["failing", "recovered"]),
        ({"cron": "*/5 * * * *", "notify": {"after": 1}}, "F", ["failing"]),
        ({"notify": {"after": 2, "of": 4}}, "FSF", ["failing"]),
        ({"notify": {"after": 2, "of": 4}}, "FSSSF", []),
        ({"notify": {"after": 2, "of": 4}}, "FSFSS", ["failing", "recovered"]),
        ({"notify": {"after": 2, "of": 4}}, "FSFS", ["failing"]),
        ({"notify": {"after": 2, "of": 4}}, "FSFSSSF", ["failing", "recovered"]),
        ({"notify": {"mute": True}}, "FS", []),
        ({"notify": {"recovery": False}}, "FS", ["failing"]),
        ({"notify": {"events": ["missed"]}}, "FS", []),
    ],
)
def test_a_job_is_told_when_its_state_changes_and_not_for_each_failure(
    alarms: Alarms,
    db: psycopg.Connection,
    fields: dict[str, object],
    outcomes: str,
    kinds: list[str],
) -> None:
    job = make_job(db, **fields)
    told = []

    for outcome in outcomes:
        alarms.run(job, "failed" if outcome == "F" else "success")
        told += [kind for told in alarms.settle() for kind in told.kinds]

    assert told == kinds


def test_what_is_told_of_a_failure_says_which_job_and_why(
    alarms: Alarms, db: psycopg.Connection, organization: UUID
) -> None:
    job = make_job(db, name="Nightly", key="nightly")
    alarms.run(job, "failed", error_message="answered 404")

    [told] = alarms.settle()

    [item] = told.content["items"]
    assert told.content["organization"] == {
        "id": str(organization),
        "name": "Acme",
        "slug": "acme",
    }
    assert item["job"] == {"id": str(job), "key": "nightly", "name": "Nightly"}
    assert item["detail"] == {
        "status": "failed",
        "status_code": 404,
        "error": "answered 404",
        "attempts": 1,
        "failures": 1,
    }


def test_what_begins_and_ends_unheard_is_not_told(alarms: Alarms, db: psycopg.Connection) -> None:
    job = make_job(db)

    alarms.run(job, "failed")
    alarms.notify()
    alarms.run(job, "success")

    assert alarms.settle() == []
    assert alarms.pass_hours(2) == []


def test_a_flapping_endpoint_is_told_at_most_once_a_change(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db)
    changes = told = 0

    for minute in range(60):
        alarms.run(job, "failed" if minute % 2 == 0 else "success")
        changes += 1
        told += len(alarms.settle(seconds=60 if minute % 3 else 5))

    assert 0 < told <= changes


def test_a_channel_that_was_told_very_often_hears_the_rest_together(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    db.execute(
        "insert into prikke.setting (name, value) values ('limits', %s)"
        " on conflict (name) do update set value = excluded.value",
        ('{"notifications_per_hour": 3}',),
    )
    jobs = [make_job(db, name=f"Job {number}") for number in range(6)]
    told = []
    for job in jobs:
        alarms.run(job, "failed")
        told += alarms.settle()

    later = alarms.pass_hours(1.5)

    assert [each.content["total"] for each in told] == [1, 1, 1]
    assert [each.content["total"] for each in later] == [3]


def test_rules_that_nobody_checked_and_zones_that_are_gone_stop_nobody(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    odd, other = make_job(db, name="Odd"), make_job(db, name="Other")
    db.execute(
        "update prikke.job_definition set notify = %s where id = %s",
        (
            '{"after": "often", "of": [1], "remind_every": "soon", "quiet_hours":'
            ' {"from": 22, "until": "late", "timezone": "Nowhere/Gone"}}',
            odd,
        ),
    )

    alarms.run(odd, "failed")
    alarms.run(other, "failed")

    assert [each.counts for each in alarms.settle()] == [{"failing": 2}]


# Together


def test_ten_thousand_failures_in_a_minute_are_one_digest(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    db.execute(
        "select prikke.create_job(name => 'Job ' || n, url => 'https://example.com/' || n)"
        " from generate_series(1, 500) as n"
    )
    told = []

    for _ in range(20):
        db.execute("select prikke.run_now(id) from prikke.job")
        claims = [claim for claim in alarms.runner.claim(1000) if claim.job_id]
        alarms.runner.report([alarms.runner.result(c, "failed", status_code=404) for c in claims])
        alarms.fold()
        alarms.notify()
        told += alarms.told()
        at.move(seconds=3)
    told += alarms.pass_hours(1)

    assert [each.content["total"] for each in told] == [500]
    assert told[0].counts == {"failing": 500}
    assert len(told[0].content["items"]) == 20


def test_a_day_of_our_own_downtime_is_one_notification(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    for minutes in (5, 15, 60):
        make_job(db, every=f"{minutes} minutes", catch_up="latest")
    make_job(db, cron="0 3 * * *", catch_up="none")
    alarms.runner.tick()
    at.move(days=1)
    told = []

    for _ in range(20):
        for claim in alarms.runner.work():
            alarms.runner.complete(claim)
        alarms.fold()
        told += alarms.settle(seconds=3)
    told += alarms.pass_hours(1)

    assert [each.counts for each in told] == [{"missed": 4}]
    missed = {item["detail"]["count"] for item in told[0].content["items"]}
    assert missed == {287, 95, 23, 1}


@pytest.mark.parametrize(("recover", "rest"), [(3, []), (1, [{"failing": 2}])])
def test_while_a_host_is_down_the_first_job_is_told_and_others_only_if_they_stay_down(
    alarms: Alarms,
    db: psycopg.Connection,
    at: Clock,
    recover: int,
    rest: list[dict[str, int]],
) -> None:
    jobs = [make_job(db, url=f"https://example.com/{n}", max_attempts=1) for n in range(3)]
    down = {"status_code": 503, "retry": True, "error_message": "answered 503"}
    alarms.run(jobs[0], *["failed"] * 10, **down)
    told = alarms.settle()

    def run(some: list[UUID], outcome: str, **result: object) -> list[Told]:
        """Run them as far as the breaker lets them; what is told meanwhile."""
        for job in some:
            call(db, "run_now", id=job)
        found = []
        for _ in some:
            at.move(minutes=6)
            for claim in alarms.runner.work():
                alarms.runner.complete(claim, outcome, **result)
            alarms.fold()
            found += alarms.settle()
        return found

    told += run(jobs[1:], "failed", **down)
    told += alarms.settle(minutes=20)
    told += run(jobs[:recover], "success")
    told += alarms.pass_hours(2)

    assert [each.counts for each in told] == [{"failing": 1}, {"recovered": 1}, *rest]


# Reminders, quiet


def test_a_failure_is_told_again_each_day_until_somebody_acknowledges_it(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db)
    alarms.run(job, "failed")
    first = alarms.settle()

    reminded = alarms.pass_hours(50)
    call(db, "acknowledge", job_id=job)
    after = alarms.pass_hours(50)
    alarms.run(job, "success")
    recovered = alarms.settle()
    alarms.run(job, "failed")
    anew = alarms.settle()

    assert [each.kinds for each in first] == [["failing"]]
    assert [each.kinds for each in reminded] == [["reminder"], ["reminder"]]
    assert after == []
    assert [each.kinds for each in recovered + anew] == [["recovered"], ["failing"]]


@pytest.mark.parametrize("where", ["organization", "channel", "job"])
def test_reminders_come_as_often_as_the_nearest_rule_says(
    alarms: Alarms, db: psycopg.Connection, where: str
) -> None:
    rules = {"remind_every": "2 hours"}
    job = make_job(db, **({"notify": rules} if where == "job" else {}))
    if where == "organization":
        call(db, "set_notification_rules", rules=rules)
    elif where == "channel":
        [channel] = db.execute(
            "select id from prikke.list_channels() where kind = 'webhook'"
        ).fetchall()
        call(db, "update_channel", id=channel[0], rules=rules)
    alarms.run(job, "failed")
    alarms.settle()

    assert len(alarms.pass_hours(5)) == 2


def test_a_deleted_or_disabled_job_reminds_nobody(alarms: Alarms, db: psycopg.Connection) -> None:
    jobs = [make_job(db), make_job(db)]
    for job in jobs:
        alarms.run(job, "failed")
    alarms.settle()
    call(db, "delete_job", id=jobs[0])
    call(db, "pause_job", id=jobs[1])

    assert alarms.pass_hours(50) == []


def test_quiet_hours_hold_back_until_the_morning_and_then_tell_all_at_once(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    call(
        db,
        "set_notification_rules",
        rules={"quiet_hours": {"from": "22:00", "until": "07:00", "timezone": "Europe/Oslo"}},
    )
    jobs = [make_job(db), make_job(db), make_job(db)]
    at.move_to("22:00")
    for job in jobs:
        alarms.run(job, "failed")
    alarms.run(jobs[2], "success")

    night = alarms.settle() + alarms.pass_hours(7.5)
    morning = alarms.pass_hours(1.5)

    assert night == []
    assert [each.counts for each in morning] == [{"failing": 2}]


@pytest.mark.parametrize("whole", [True, False])
def test_a_snooze_holds_back_while_it_lasts_and_what_is_still_so_is_told_then(
    alarms: Alarms, db: psycopg.Connection, whole: bool
) -> None:
    job, passing = make_job(db), make_job(db)
    call(db, "snooze", duration="3 hours", **({} if whole else {"job_id": job}))
    alarms.run(job, "failed")
    if whole:
        alarms.run(passing, "failed", "success")

    during = alarms.settle() + alarms.pass_hours(2.5)
    after = alarms.pass_hours(1)

    assert during == []
    assert [each.counts for each in after] == [{"failing": 1}]


def test_a_maintenance_window_mutes_its_job_alone_and_can_be_taken_back(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    job, other = make_job(db), make_job(db)
    window = call(
        db,
        "create_maintenance",
        starts_at=at("12:30"),
        ends_at=at("18:00"),
        job_id=job,
        reason="upgrade",
    )
    at.move_to("13:00")
    alarms.run(job, "failed")
    alarms.run(other, "failed")

    during = alarms.settle()
    listed = db.execute("select kind, job_id, reason from prikke.list_maintenance()").fetchall()
    db.execute("select prikke.delete_maintenance(%s)", (window["id"],))
    after = alarms.pass_hours(0.5)

    assert [each.content["items"][0]["job"]["id"] for each in during] == [str(other)]
    assert listed == [("maintenance", job, "upgrade")]
    assert [each.content["items"][0]["job"]["id"] for each in after] == [str(job)]


def test_a_muted_job_runs_as_ever(alarms: Alarms, db: psycopg.Connection, at: Clock) -> None:
    job = make_job(db, cron="*/5 * * * *")
    call(db, "snooze", job_id=job)
    at.move(minutes=5)

    assert [claim.job_id for claim in alarms.runner.work()] == [job]


# What else changes


def test_a_target_that_is_gone_is_told(alarms: Alarms, db: psycopg.Connection) -> None:
    job = frequent(db)
    alarms.run(job, "failed", status_code=410, reason="gone")
    alarms.runner.tick()

    assert [told.kinds for told in alarms.settle()] == [["gone"]]


def test_a_job_that_is_set_aside_is_told(alarms: Alarms, db: psycopg.Connection, at: Clock) -> None:
    job = frequent(db)
    db.execute(
        "alter table prikke.job_definition disable trigger all;"
        " update prikke.job_definition set timezone = 'Nowhere/Gone'"
    )
    at.move(minutes=5)
    alarms.runner.tick()

    [told] = alarms.settle()

    assert told.kinds == ["set_aside"]
    assert told.content["items"][0]["job"]["id"] == str(job)


def test_a_run_that_goes_late_is_told(alarms: Alarms, db: psycopg.Connection, at: Clock) -> None:
    make_job(db, cron="30 12 * * *")
    alarms.runner.tick()
    at.move_to("15:00")
    alarms.runner.tick()

    assert [told.kinds for told in alarms.settle()] == [["late"]]


def test_runs_that_wait_for_a_runner_too_long_are_told_once_a_day(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    def look(minutes: float) -> int:
        """How many changes there are after so many minutes more."""
        at.move(minutes=minutes)
        alarms.runner.conn.execute("select prikke.note_late()")
        return len(db.execute("select from prikke.transition").fetchall())

    frequent(db)
    at.move(minutes=5)
    alarms.runner.tick()

    counts = [look(2), look(2), look(1), look(1)]

    assert counts == [0, 1, 1, 1]
    assert [told.kinds for told in alarms.settle()] == [["late"]]


def test_what_is_held_at_the_limit_is_told(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    db.execute(
        "insert into prikke.setting (name, value) values ('plans', 'true')"
        " on conflict (name) do update set value = excluded.value"
    )
    db.execute("update prikke.organization set limits = '{\"executions\": 0}'")
    for _ in range(2):
        db.execute("select prikke.send(url => 'https://example.com/')")
        alarms.runner.work()
        at.move(minutes=1)

    told = alarms.settle()
    alarms.runner.conn.execute("select prikke.note_usage()")

    assert [each.kinds for each in told + alarms.settle()] == [["held"]]


def test_each_change_is_an_incident_of_its_own_for_pagerduty(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, organization: UUID
) -> None:
    alarms = Alarms(db, runner, at)
    call(
        db,
        "create_channel",
        target="https://events.pagerduty.com/v2/enqueue?routing_key=aaaaaaaaaaaaaaaaaaaa",
    )
    for _ in range(25):
        alarms.run(make_job(db), "failed")

    told = alarms.settle()

    assert [each.kinds for each in told] == [["failing"]] * 25


def test_a_host_that_stops_answering_sends_is_told_when_it_fails_and_when_it_answers(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    def send(status: str, **more: object) -> None:
        db.execute("select prikke.send(url => 'https://example.com/', max_attempts => 1)")
        for claim in alarms.runner.work():
            alarms.runner.complete(claim, status, **more)

    for _ in range(10):
        send("failed", status_code=503, retry=True, error_message="answered 503")
    down = alarms.settle()
    at.move(minutes=1)
    send("success")
    up = alarms.settle()

    assert [told.kinds for told in down + up] == [["host_down"], ["host_up"]]
    assert down[0].content["items"][0]["host"] == "example.com"


def test_the_limit_of_a_plan_is_told_at_80_and_100_percent_once_a_month(
    alarms: Alarms, db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    db.execute(
        "insert into prikke.setting (name, value) values ('plans', 'true')"
        " on conflict (name) do update set value = excluded.value"
    )
    db.execute("update prikke.organization set limits = '{\"executions\": 10}'")
    told = []

    for _ in range(12):
        db.execute("select prikke.send(url => 'https://example.com/')")
        for claim in alarms.runner.work():
            alarms.runner.complete(claim)
        alarms.runner.conn.execute("select prikke.fold_tallies()")
        alarms.runner.conn.execute("select prikke.note_usage()")
        told += alarms.settle()

    assert [kind for each in told for kind in each.kinds] == ["usage_80", "usage_100"]
    [held] = db.execute("select count(*) from prikke.execution where held_by = 'limit'").fetchall()
    assert held == (2,)


def test_what_waits_to_be_told_of_a_deleted_job_is_not_told(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db)
    alarms.run(job, "failed")
    alarms.notify()
    call(db, "delete_job", id=job)

    assert alarms.settle() == []


# Whom


def test_the_owners_are_told_by_mail_each_by_a_delivery_of_their_own(
    db: psycopg.Connection, runner: VirtualRunner, at: Clock, organization: UUID
) -> None:
    alarms = Alarms(db, runner, at)
    owners = [make_member(db, organization, "owner") for _ in range(2)]
    make_member(db, organization, "admin")
    job = make_job(db)
    alarms.run(job, "failed")

    told = alarms.settle()

    assert {each.content["to"] for each in told} == {owner.email for owner in owners}


def test_a_channel_that_is_switched_off_is_told_nothing(
    alarms: Alarms, db: psycopg.Connection
) -> None:
    job = make_job(db)
    alarms.run(job, "failed")
    alarms.notify()
    db.execute("select prikke.update_channel(id, enabled => false) from prikke.list_channels()")

    assert alarms.settle() == []


def test_a_notification_that_fails_touches_no_job_and_shows_on_its_channel(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    job = make_job(db)
    alarms.run(job, "failed")
    alarms.notify()
    at.move(seconds=11)
    alarms.notify()
    before = db.execute("select to_jsonb(s) from prikke.job_state as s").fetchall()

    alarms.deliver("failed", status_code=410, error_message="answered 410", reason="gone")
    alarms.fold()
    alarms.runner.tick()

    [shown] = db.execute(
        "select last_error, last_error_at, last_sent_at from prikke.list_channels()"
        " where kind = 'webhook'"
    ).fetchall()
    assert shown == ("answered 410", at.now, None)
    assert db.execute("select to_jsonb(s) from prikke.job_state as s").fetchall() == before
    assert db.execute("select count(*) from prikke.transition").fetchall() == [(1,)]


def test_a_success_takes_the_error_off_a_channel(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    [channel] = db.execute("select id from prikke.list_channels() where enabled").fetchall()
    for status in ("failed", "success"):
        call(db, "test_channel", id=channel[0])
        alarms.deliver(status)
        at.move(minutes=1)

    shown = call(db, "get_channel", id=channel[0])

    assert shown["last_error"] is None
    assert shown["last_sent_at"] is not None


def test_notifications_count_for_no_plan(alarms: Alarms, db: psycopg.Connection) -> None:
    [channel] = db.execute("select id from prikke.list_channels() where enabled").fetchall()
    call(db, "test_channel", id=channel[0])
    alarms.deliver()
    alarms.runner.conn.execute("select prikke.fold_tallies()")

    row = db.execute("select prikke.usage() ->> 'executions'").fetchone()

    assert row == ("0",)


def test_telling_waits_for_nobody_and_nobody_for_it(
    alarms: Alarms, db: psycopg.Connection, at: Clock, make_runner: object
) -> None:
    job = make_job(db)
    alarms.run(job, "failed")
    alarms.notify()
    at.move(seconds=11)
    conn = make_runner().conn  # type: ignore[operator]
    conn.autocommit = False
    conn.execute("select prikke.notify()")

    other = alarms.notify()
    alarms.run(make_job(db), "failed")
    conn.commit()

    assert other == 0
    assert len(alarms.told()) == 1


def test_upkeep_removes_what_is_told_and_over(
    alarms: Alarms, db: psycopg.Connection, at: Clock
) -> None:
    job = make_job(db)
    call(db, "snooze", duration="1 hour")
    alarms.run(job, "failed")
    alarms.pass_hours(2)
    db.execute("delete from prikke.channel")
    call(db, "delete_job", id=job)
    at.move(days=91)

    alarms.runner.keep_history()

    for table in ("transition", "notice", "told", "job_health", "mute", "notification"):
        if table != "notice":
            assert db.execute(f"select count(*) from prikke.{table}").fetchone() == (0,), table
