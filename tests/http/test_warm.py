"""What a fresh process does before its first page."""

import logging

import pytest
from psycopg.conninfo import make_conninfo

from prikke.config import Settings
from prikke.db import open_database
from prikke.http.templating import environment
from prikke.http.warm import warm_up


async def test_warming_up_reads_only_and_leaves_the_templates_of_pages_compiled(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    reading = make_conninfo(dsn, options="-c default_transaction_read_only=on")
    settings = Settings(database_url=reading)
    templates = environment().cache
    assert templates is not None
    templates.clear()

    with caplog.at_level(logging.DEBUG, "prikke.http.warm"):
        async with open_database(settings, "web", 2) as database:
            await warm_up(database, within=30)

    told = [record.getMessage() for record in caplog.records]
    assert [each for each in told if "refused" in each] == [
        "nobody was refused, as they should be error=nobody is signed in here"
    ]
    assert told[-1].startswith("warmed up")
    assert "dashboard/show.html" in {name for _, name in templates}


async def test_a_process_starts_also_where_warming_up_takes_too_long(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(Settings(database_url=dsn), "web", 2) as database:
        await warm_up(database, within=0)

    assert "the first pages will be slower error=it takes too long" in caplog.text
