"""Schedules that fall due together, spread by H."""

from uuid import UUID

import psycopg

from tests.factories import make_job, make_organization, use


def proposals(db: psycopg.Connection) -> list[tuple[str, int, str, int, int]]:
    return db.execute(
        "select cron, jobs, proposed, together, together_after from prikke.forecast_proposal()"
    ).fetchall()


def test_schedules_that_many_share_are_spread(db: psycopg.Connection, organization: UUID) -> None:
    for cron, count in (("0 3 * * *", 61), ("*/5 * * * *", 10), ("7 * * * *", 1)):
        for _ in range(count):
            make_job(db, cron=cron)

    assert proposals(db) == [
        ("0 3 * * *", 61, "H 3 * * *", 61, 2),
        ("*/5 * * * *", 10, "H/5 * * * *", 10, 2),
    ]


def test_what_cannot_be_spread_is_left_alone(db: psycopg.Connection, organization: UUID) -> None:
    for cron in ("* * * * *", "H * * * *", "0,30 * * * *", "30 0 3 * * *", "@daily"):
        for _ in range(3):
            make_job(db, cron=cron)

    assert proposals(db) == []


def test_each_proposal_is_a_schedule(db: psycopg.Connection, organization: UUID) -> None:
    for _ in range(2):
        make_job(db, cron="0 9 * * MON-FRI")
        make_job(db, cron="*/15 8-18 * * *")

    for _, _, proposed, _, _ in proposals(db):
        assert make_job(db, cron=proposed)


def test_other_organizations_are_not_seen(db: psycopg.Connection, organization: UUID) -> None:
    for _ in range(2):
        make_job(db, cron="0 9 * * *")
    use(db, make_organization(db))

    assert proposals(db) == []
