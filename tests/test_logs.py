"""Logging: one event is one line, whoever reads it."""

import json
import logging

from prikke.logs import JsonFormatter, TextFormatter


def record(message: str, *arguments: object, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord(
        "prikke.test",
        logging.INFO,
        "file",
        1,
        message,
        arguments,
        info,
    )


def test_text_is_time_level_and_event() -> None:
    line = TextFormatter().format(record("delivered execution=%s status=%d", "e1", 200))

    assert line.endswith(" INFO delivered execution=e1 status=200")
    assert line[:4].isdigit()


def test_what_came_from_outside_cannot_begin_a_line_of_its_own() -> None:
    line = TextFormatter().format(record("refused url=%s", "x\n2026 INFO all is well\x1b[2J"))

    assert "\n" not in line
    assert "\x1b" not in line


def test_json_is_one_object_a_line() -> None:
    line = JsonFormatter().format(record("failed name=%s", 'a"b\nc', error=ValueError("why")))

    held = json.loads(line)
    assert "\n" not in line
    assert (held["level"], held["logger"], held["message"]) == (
        "info",
        "prikke.test",
        'failed name=a"b\nc',
    )
    assert "ValueError: why" in held["error"]
