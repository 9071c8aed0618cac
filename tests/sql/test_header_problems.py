"""Which headers are refused when they are saved; the runner asks the same in Python."""

import json
from dataclasses import asdict
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from prikke.headers import RESERVED, RESERVED_PREFIXES, HeaderLimits, header_problems


def problems_of(db: psycopg.Connection, headers: Any) -> list[dict[str, str | None]]:
    row = db.execute("select prikke.header_problems(%s)", (Jsonb(headers),)).fetchone()
    assert row is not None
    found: list[dict[str, str | None]] = row[0]
    return found


def codes_of(db: psycopg.Connection, headers: Any) -> list[str | None]:
    return [problem["code"] for problem in problems_of(db, headers)]


USUAL: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer {{secret.TOKEN}}", "X-Mine": "tab\tand å"},
    {"user-agent": "mine/1.0", "Accept": "", "X-Prikkel": "near", "a!#$%&'*+.^_`|~9": "odd"},
    {f"X-{number}": "v" for number in range(64)},
    {"N" * 128: "v" * 4096},
]


def test_usual_headers_pass(db: psycopg.Connection) -> None:
    assert [problems_of(db, headers) for headers in USUAL] == [[]] * len(USUAL)


WRONG: list[tuple[Any, str]] = [
    (["a"], "not_an_object"),
    ("text", "not_an_object"),
    ({"X": 1}, "not_text"),
    ({"X": None}, "not_text"),
    ({"X": ["a"]}, "not_text"),
    ({"": "v"}, "invalid_name"),
    ({"a b": "v"}, "invalid_name"),
    ({"a:": "v"}, "invalid_name"),
    ({"a\r\nb": "v"}, "invalid_name"),
    ({"å": "v"}, "invalid_name"),
    ({"N" * 129: "v"}, "too_long"),
    ({"X": "v" * 4097}, "too_long"),
    ({"X": "å" * 2049}, "too_long"),
    ({f"X-{number}": "v" for number in range(65)}, "too_many"),
    ({f"X-{number}": "v" * 4000 for number in range(5)}, "too_long"),
    ({"X": "a\r\nEvil: 1"}, "invalid_value"),
    ({"X": "a\x1fb"}, "invalid_value"),
    ({"X": "a\x7f"}, "invalid_value"),
    ({"X-A": "1", "x-a": "2"}, "repeated"),
]


def test_a_wrong_header_is_refused_with_its_reason(db: psycopg.Connection) -> None:
    found = [(headers, codes_of(db, headers)) for headers, _ in WRONG]

    assert found == [(headers, [code]) for headers, code in WRONG]


def test_headers_that_are_ours_to_write_are_reserved(db: psycopg.Connection) -> None:
    names = [*sorted(RESERVED), *(prefix + "Any-Thing" for prefix in RESERVED_PREFIXES)]

    found = {name: codes_of(db, {name.title(): "v"}) for name in names}

    assert found == {name: ["reserved"] for name in names}


def test_all_problems_are_told_at_once(db: psycopg.Connection) -> None:
    found = codes_of(db, {"Host": "a", "b c": "v", "D": "x\ny", "E": 5, "F": "fine"})

    assert sorted(map(str, found)) == ["invalid_name", "invalid_value", "not_text", "reserved"]


def test_the_operators_limits_count(db: psycopg.Connection) -> None:
    limits = {"headers": 1, "header_name_length": 3, "header_value_length": 4, "headers_bytes": 9}
    db.execute(
        "insert into prikke.setting (name, value) values ('limits', %s)"
        " on conflict (name) do update set value = excluded.value",
        (Jsonb(limits),),
    )

    found = codes_of(db, {"Long": "v", "X": "value"})

    assert sorted(map(str, found)) == ["too_long", "too_long", "too_long", "too_many"]


_PIECES = st.one_of(
    st.sampled_from([*sorted(RESERVED), *RESERVED_PREFIXES, "X-A", "x-a", "İ", "K", "a b", ":"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.text("aA-_: \r\n\t\x7f{}é", max_size=6),
)


@given(
    headers=st.dictionaries(
        st.one_of(_PIECES, st.builds(str.title, _PIECES), st.just("N" * 40)),
        st.one_of(_PIECES, st.just("v" * 300)),
        max_size=12,
    )
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sql_and_python_find_the_same_in_any_headers(
    db: psycopg.Connection, headers: dict[str, str]
) -> None:
    limits = HeaderLimits(count=8, name=32, value=256, together=512)
    db.execute(
        "insert into prikke.setting (name, value) values ('limits', %s)"
        " on conflict (name) do update set value = excluded.value",
        (
            Jsonb(
                {
                    "headers": limits.count,
                    "header_name_length": limits.name,
                    "header_value_length": limits.value,
                    "headers_bytes": limits.together,
                }
            ),
        ),
    )
    # The order in which jsonb keeps the names is the order in which they are judged.
    row = db.execute("select %s::jsonb::text", (Jsonb(headers),)).fetchone()
    assert row is not None
    stored = json.loads(row[0])

    in_sql = problems_of(db, stored)

    assert in_sql == [asdict(problem) for problem in header_problems(stored, limits)]
