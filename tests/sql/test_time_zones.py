"""Time zones: which names are taken, what is said of others, and how a change of rules is seen."""

from typing import Any

import psycopg

HINTS = {
    "CET": "Europe/Paris",
    "EET": "Europe/Helsinki",
    "MET": "Europe/Paris",
    "WET": "Europe/Lisbon",
    "EST": "America/New_York",
    "MST": "America/Denver",
    "HST": "Pacific/Honolulu",
    "MSK": "Europe/Moscow",
    "pst": "America/Los_Angeles",
    "europe/oslo": "Did you mean Europe/Oslo?",
    "Europe/Olso": "Europe/Oslo",
    "Oslo": "Europe/Oslo",
    "New York": "America/New_York",
    "Foo+5": "An offset is not a time zone",
    "+02:00": "An offset is not a time zone",
    "posix/Europe/Oslo": "Europe/Oslo",
    "Factory": "IANA",
    "localtime": "IANA",
    "": "Europe/Oslo",
    "x" * 10_000: "IANA",
}


def problem(db: psycopg.Connection, zone: str | None) -> Any:
    row = db.execute("select prikke.timezone_problem(%s)", (zone,)).fetchone()
    assert row is not None
    return row[0]


def test_real_names_are_taken(db: psycopg.Connection) -> None:
    real = ["UTC", "GMT", "Europe/Oslo", "America/Argentina/Ushuaia", "Etc/GMT+5", "Japan"]

    assert [zone for zone in real if problem(db, zone) is not None] == []


def test_others_are_refused_with_a_hint(db: psycopg.Connection) -> None:
    for zone, hint in HINTS.items():
        found = problem(db, zone)

        assert found["field"] == "timezone", zone
        assert hint in found["hint"], zone
        assert len(found["message"]) < 200


def test_no_name_is_read_as_an_abbreviation(db: psycopg.Connection) -> None:
    """AT TIME ZONE looks for an abbreviation first; the two may only meet in UTC."""
    rows = db.execute(
        "select z.name from prikke.time_zone as z"
        " join pg_timezone_abbrevs as a on upper(a.abbrev) = upper(z.name)"
        " where a.utc_offset <> '0'"
    ).fetchall()

    assert rows == []


def test_every_name_is_a_zone_of_this_server(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select count(*), count(n.name), count(*) filter (where z.name like '%/%')"
        " from prikke.time_zone as z left join pg_timezone_names as n using (name)"
    ).fetchone()

    assert rows is not None
    assert rows[0] == rows[1]
    assert rows[2] > 400


def test_loading_again_mends_the_list(db: psycopg.Connection) -> None:
    db.execute("delete from prikke.time_zone where name = 'Europe/Oslo'")
    db.execute("insert into prikke.time_zone values ('Mars/Olympus')")

    row = db.execute("select prikke.load_time_zones()").fetchone()

    assert row == db.execute("select count(*) from prikke.time_zone").fetchone()
    assert problem(db, "Europe/Oslo") is None
    assert problem(db, "Mars/Olympus") is not None


def test_a_fingerprint_tells_zones_apart(db: psycopg.Connection) -> None:
    row = db.execute(
        "select prikke.zone_fingerprint('Europe/Oslo'), prikke.zone_fingerprint('Europe/Berlin'),"
        " prikke.zone_fingerprint('Europe/Helsinki'), prikke.zone_fingerprint('Etc/GMT-1')"
    ).fetchone()

    assert row is not None
    oslo, berlin, helsinki, fixed = row
    assert oslo == berlin
    assert len({oslo, helsinki, fixed}) == 3


def test_a_fingerprint_sees_a_change_of_rules(db: psycopg.Connection) -> None:
    """Asked through names that differ in one rule: Cairo has had summer time since 2023."""
    row = db.execute(
        "select prikke.zone_fingerprint('Africa/Cairo'), prikke.zone_fingerprint('Africa/Tripoli')"
    ).fetchone()

    assert row is not None
    assert row[0] != row[1]


def test_a_zone_that_has_vanished_has_no_fingerprint(db: psycopg.Connection) -> None:
    row = db.execute("select prikke.zone_fingerprint('Mars/Olympus')").fetchone()

    assert row == (None,)
