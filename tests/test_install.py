"""Installing: every role situation, again, at the same time, after a crash, beside live work."""


def test_a_fresh_database_gets_the_release(db):
    row = db.execute("select prikke.installation() ->> 'role_mode'").fetchone()

    assert row == ("roles",)


def test_the_clock_can_be_moved_for_all_connections(db, at, connect):
    at.move_to("12:34")

    row = connect(role="prikke_runner").execute("select prikke_test.now.at from prikke_test.now").fetchone()

    assert row == (at("12:34"),)
