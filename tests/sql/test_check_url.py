"""Which URLs are refused when they are saved."""

from ipaddress import ip_address, ip_network

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from prikke.outbound import default_policy
from prikke.sqlfiles import read_table


def code_of(db: psycopg.Connection, url: str | None) -> str | None:
    row = db.execute("select prikke.check_url(%s, 'url') ->> 'code'", (url,)).fetchone()
    assert row is not None
    found: str | None = row[0]
    return found


def codes_of(db: psycopg.Connection, urls: list[str | None]) -> dict[str | None, str | None]:
    """All in one query: a copy of the database for each would take minutes."""
    return dict(
        db.execute(
            "select u, prikke.check_url(u, 'url') ->> 'code' from unnest(%s::text[]) as u", (urls,)
        ).fetchall()
    )


def publish(db: psycopg.Connection, **lists: list[str]) -> None:
    for name, entries in lists.items():
        db.execute(
            "insert into prikke.setting (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value",
            (name, Jsonb(entries)),
        )


PUBLIC: list[str | None] = [
    "https://example.com",
    "https://example.com/",
    "http://example.com/hook?id=1&x=%20#part",
    "https://a.b.example.co.uk:8443/x",
    "HTTPS://EXAMPLE.COM/Hook",
    "https://example.com:/",
    "https://example.com./",
    "https://my_app.example.com/",
    "https://xn--bcher-kva.example/",
    "https://bücher.example/søk?q=å",
    "https://8.8.8.8/",
    "https://8.8.8.8:65535/",
    "https://[2606:4700::1111]/",
    "https://[2606:4700::1111]:8443/",
    "https://example.com/path/local/.local/x",
    "https://homes.example.com/home",
    "https://localhost.example.com/",
    "https://1.example.com/",
    "https://example.com/a@b",
    "https://example.com/" + "x" * 2028,
]


def test_public_addresses_pass(db: psycopg.Connection) -> None:
    assert codes_of(db, PUBLIC) == dict.fromkeys(PUBLIC)


WRONG: dict[str | None, str | None] = {
    None: "required",
    "": "required",
    "https://example.com/" + "x" * 2029: "too_long",
    "https://example.com/" + "å" * 1015: "too_long",
    "example.com": "scheme",
    "//example.com/": "scheme",
    "/hook": "scheme",
    "https:example.com": "scheme",
    "http:/example.com": "scheme",
    "ftp://example.com/": "scheme",
    "file:///etc/passwd": "scheme",
    "javascript:alert(1)": "scheme",
    "gopher://127.0.0.1:25/": "scheme",
    "unix://tmp/socket": "scheme",
    " https://example.com/": "invalid_characters",
    "https://example.com/ ": "invalid_characters",
    "https://example.com/a b": "invalid_characters",
    "https://example.com/\r\nX-Evil: 1": "invalid_characters",
    "https://example.com\t/": "invalid_characters",
    "https://example.com/\x7f": "invalid_characters",
    "https://example.com\\@localhost/": "invalid_characters",
    "https:\\\\example.com": "invalid_characters",
    "https://lo\u00adcalhost/": "invalid_characters",
    "https://local\u200bhost/": "invalid_characters",
    "https://example.com/\u202egnp": "invalid_characters",
    "https://example.com/\u00a0": "invalid_characters",
    "https://user@example.com/": "credentials",
    "https://user:password@example.com/": "credentials",
    "https://example.com:443@127.0.0.1/": "credentials",
    "https://@example.com/": "credentials",
    "https://": "invalid_host",
    "https:///path": "invalid_host",
    "https://?x": "invalid_host",
    "https://:80/": "invalid_host",
    "https://./": "invalid_host",
    "https://a..example.com/": "invalid_host",
    "https://.example.com/": "invalid_host",
    "https://-a.example.com/": "invalid_host",
    "https://" + "a" * 64 + ".example.com:80x/": "invalid_host",
    "https://exa%6dple.com/": "invalid_host",
    "https://%31%32%37.0.0.1/": "invalid_host",
    "https://exa<mple.com/": "invalid_host",
    "https://[fe80::1%25eth0]/": "invalid_host",
    "https://[::1/": "invalid_host",
    "https://::1/": "invalid_host",
    "https://[example.com]/": "invalid_host",
    "https://[1::2::3]/": "invalid_host",
    "https://256.1.1.1/": "invalid_host",
    "https://1.2.3.4.5/": "invalid_host",
    "https://09.1.1.1/": "invalid_host",
    "https://99999999999/": "invalid_host",
    "https://example.123/": "invalid_host",
    "https://134744072/": "invalid_host",
    "https://8.8.2056/": "invalid_host",
    "https://8.8.8.8./": None,
    "https://１２７.0.0.1/": "invalid_host",
    "https://①②⑦.⓪.⓪.①/": "invalid_host",
    "https://127。0。0。1/": "invalid_host",
    "https://ⓛocalhost/": "invalid_host",
    "https://example.com:0/": "invalid_port",
    "https://example.com:65536/": "invalid_port",
    "https://example.com:99999/": "invalid_port",
    "https://example.com:8a/": "invalid_host",
    "https://example.com:-1/": "invalid_host",
    "http://localhost/": "local_name",
    "http://LOCALHOST:3000/": "local_name",
    "http://localhost./": "local_name",
    "http://a.localhost/": "local_name",
    "http://printer/": "local_name",
    "http://printer.local/": "local_name",
    "http://metadata.google.internal/": "local_name",
    "http://router.lan/": "local_name",
    "http://nas.home/": "local_name",
    "http://nas.home.arpa/": "local_name",
    "http://home.arpa/": "local_name",
    "http://db.corp:5432/": "local_name",
    "http://a.intranet?x": "local_name",
    "http://a.private#x": "local_name",
    "http://a.localdomain": "local_name",
}


def test_a_wrong_address_is_refused_with_its_reason(db: psycopg.Connection) -> None:
    assert codes_of(db, list(WRONG)) == WRONG


NOT_PUBLIC = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0X7F.1",
    "017700000001",
    "0177.0.0.01",
    "0x7f.0.1",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "167772161",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.168.257",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
]


@pytest.mark.parametrize("rest", ["", ":8080/x?y#z"])
def test_a_literal_that_is_not_public_is_refused_in_any_spelling(
    db: psycopg.Connection, rest: str
) -> None:
    urls: list[str | None] = [f"http://{host}{rest}" for host in NOT_PUBLIC]

    assert codes_of(db, urls) == dict.fromkeys(urls, "refused_address")


def test_a_problem_names_the_field_says_why_and_gives_a_hint(db: psycopg.Connection) -> None:
    row = db.execute("select prikke.check_url('http://10.1.2.3/', 'on_failure_url')").fetchone()

    assert row == (
        {
            "field": "on_failure_url",
            "code": "refused_address",
            "message": "10.1.2.3 is not a public address (private)",
            "hint": "The operator can allow it by PRIKKE_ALLOW_TARGETS.",
        },
    )


def test_allowed_literals_and_local_names_pass(db: psycopg.Connection) -> None:
    publish(db, allow_targets=["10.0.0.0/8", "fd00::/8"], deny_targets=["10.9.0.0/16"])

    found = [
        code_of(db, f"http://{host}/")
        for host in ("10.1.2.3", "[fd00::7]", "db.internal", "receiver", "10.9.1.1", "192.168.0.1")
    ]

    assert found == [None, None, None, None, "refused_address", "refused_address"]


def test_an_entry_with_a_port_allows_that_port_alone(db: psycopg.Connection) -> None:
    publish(db, allow_targets=["127.0.0.1:8123", "[::1]:8123", "10.0.0.0/8:80"])

    urls = [
        "http://127.0.0.1:8123/",
        "http://127.0.0.1:8124/",
        "http://127.0.0.1/",
        "http://127.0.0.2:8123/",
        "http://[::1]:8123/",
        "http://[::1]/",
        "http://10.1.1.1/",
        "https://10.1.1.1/",
    ]

    refused = "refused_address"
    assert [code_of(db, url) for url in urls] == [
        None,
        refused,
        refused,
        refused,
        None,
        refused,
        None,
        refused,
    ]


def test_a_denied_public_address_is_refused(db: psycopg.Connection) -> None:
    publish(db, deny_targets=["8.8.8.0/24"])

    assert code_of(db, "http://8.8.8.8/") == "refused_address"
    assert code_of(db, "http://8.8.4.4/") is None


def test_sql_holds_the_same_ranges_as_the_guard(db: psycopg.Connection) -> None:
    rows = db.execute("select network::text, reason from prikke.refused_range").fetchall()

    assert {ip_network(network): reason for network, reason in rows} == {
        ip_network(row["network"]): row["reason"] for row in read_table("refused_range.tsv")
    }


_EDGES = [
    edge + step
    for row in read_table("refused_range.tsv")
    for network in [ip_network(row["network"])]
    for edge in (int(network.network_address), int(network.broadcast_address))
    for step in (-1, 0, 1)
    if network.version == 4
]


@given(
    addresses=st.lists(
        st.one_of(
            st.ip_addresses(),
            st.sampled_from([each for each in _EDGES if 0 <= each < 2**32]).map(
                lambda number: ip_address(number)
            ),
        ),
        min_size=20,
        max_size=60,
    )
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sql_and_the_guard_give_the_same_reason_for_any_address(
    db: psycopg.Connection, addresses: list[object]
) -> None:
    policy = default_policy()
    texts = [str(address) for address in addresses]

    rows = db.execute(
        "select a, prikke.target_refusal(a::inet, 80) from unnest(%s::text[]) as a", (texts,)
    ).fetchall()

    assert {text: policy.refusal(text, 80) for text in texts} == dict(rows)


_HOST = st.one_of(
    st.sampled_from(
        [*NOT_PUBLIC, "home", "arpa", "local", "localhost", "internal", "corp", "example", "com"]
    ),
    st.text("a1.-_xX0[]:@%é", min_size=0, max_size=10),
)
_URLS = st.builds(
    lambda scheme, hosts, port, rest: f"{scheme}{'.'.join(hosts)}{port}{rest}",
    st.sampled_from(["http://", "https://", "HTTP://", "ftp://", "http:/", ""]),
    st.lists(_HOST, min_size=1, max_size=3),
    st.sampled_from(["", ":", ":1", ":0", ":9999", ":65535", ":65536", ":x"]),
    st.one_of(st.sampled_from(["", "/", "?", "#", "/.local", "/%20"]), st.text(max_size=6)),
).filter(lambda url: "\0" not in url and url.isprintable())


@given(urls=st.lists(_URLS, min_size=20, max_size=60))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_passes_at_one_look_also_passes_the_whole_judgement(
    db: psycopg.Connection, urls: list[str]
) -> None:
    rows = db.execute(
        "select u, prikke.check_url(u, 'url'), prikke.judge_url(u, 'url')"
        " from unnest(%s::text[]) as u",
        (urls,),
    ).fetchall()

    assert [row for row in rows if row[1] != row[2]] == []
