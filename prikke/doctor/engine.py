"""Checks of Prikke itself: what is installed, who runs, and whether it keeps up."""

from collections.abc import Iterator

from prikke import __version__
from prikke.doctor.finding import Finding, State, fail, ok, warn
from prikke.doctor.patient import Patient
from prikke.errors import ConfigurationError, NotReady
from prikke.keyring import Keyring
from prikke.release import require_fit

_SILENT_SECONDS = 30
_LATE_SECONDS = 30
_TICK_WARN_SECONDS, _TICK_FAIL_SECONDS = 5, 60
_PARTITIONS_AHEAD = 3
_UNFOLDED = 10_000


def check_schema(patient: Patient) -> Iterator[Finding]:
    """Whether this program fits what is installed."""
    if not patient.allowed:
        yield fail(
            "schema",
            "this login may not use Prikke",
            "grant it prikke_web for `serve`, prikke_runner for `run`; or use the login that "
            "installed Prikke",
        )
        return
    try:
        require_fit(patient.installation)
    except NotReady as error:
        sentence, _, advice = str(error).partition(": ")
        yield fail("schema", sentence, advice or "run `prikke install`")
        return
    yield ok("schema", f"release {patient.installation['release']}")


def check_roles(patient: Patient) -> Iterator[Finding]:
    """Whether tenants are kept apart by roles of their own, and what this login may."""
    if not patient.installation:
        return
    if patient.installation.get("role_mode") == "single":
        yield warn(
            "roles",
            "one login owns everything: tenants are kept apart by policies that this login could "
            "lift, grant_access is refused, and the operators' views answer in `prikke psql` only",
            "have an administrator run `prikke install --print-roles`, then install again",
        )
        return
    row = patient.ask(
        "select pg_has_role(current_user, 'prikke_runner', 'usage') as runner,"
        " pg_has_role(current_user, 'prikke_web', 'usage') as web,"
        " (select rolsuper from pg_roles where rolname = current_user) as superuser"
    )
    lacking = [f"prikke_{name}" for name in ("runner", "web") if not row[name]]
    if lacking:
        yield fail(
            "roles",
            f"this login lacks {' and '.join(lacking)}",
            f"as the owner: grant {', '.join(lacking)} to it; `run` needs prikke_runner, "
            "`serve` prikke_web",
        )
    elif row["superuser"] and not patient.embedded:
        yield warn(
            "roles",
            "this login is a superuser, which no policy holds",
            "create role prikke_app login password '…' in role prikke_runner, prikke_web; and "
            "use it in DATABASE_URL",
        )
    else:
        yield ok("roles", "roles of their own; pg_dump needs a superuser or BYPASSRLS")


def check_settings(patient: Patient) -> Iterator[Finding]:
    """Whether the database was told the same settings."""
    published = patient.installation
    if not published:
        return
    differing = [
        name
        for name, value in patient.settings.published().items()
        if published.get(name, value) != value
    ]
    if differing and not patient.embedded:
        yield warn(
            "settings",
            f"{', '.join(differing)} differ from what the database was told, which holds",
            "run `prikke install` with this environment, or correct the environment",
        )
    else:
        yield ok("settings", "as published to the database")


def check_keyring(patient: Patient) -> Iterator[Finding]:
    """Whether this process could open what is sealed."""
    settings = patient.settings
    try:
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
    except ConfigurationError as error:
        yield fail(
            "keyring",
            str(error),
            "set the SECRET_KEY_BASE of your other processes; the first time: openssl rand -hex 32",
        )
        return
    stored = patient.installation.get("keyring_check")
    if stored is None:
        yield ok("keyring", "nothing is sealed yet; keep SECRET_KEY_BASE with your backups")
    elif keyring.fits(stored):
        yield ok("keyring", "opens what is sealed; keep SECRET_KEY_BASE with your backups")
    else:
        yield fail(
            "keyring",
            "another key sealed the secrets of this database: nothing could be signed",
            "use the SECRET_KEY_BASE or PRIKKE_KEYRING that was used before",
        )


def check_runners(patient: Patient) -> Iterator[Finding]:
    """Who delivers."""
    if not patient.diagnosis:
        return
    runners = patient.diagnosis["runners"]
    alive = [r for r in runners if r["silent_seconds"] < _SILENT_SECONDS]
    if not alive:
        yield fail("runner", "none is alive: nothing is delivered", "start one: prikke run")
        return
    names = ", ".join(r["name"] for r in alive[:3]) + (", …" if len(alive) > 3 else "")
    yield ok("runner", f"{len(alive)} alive: {names}")
    others = sorted({r["release"] for r in alive} - {__version__})
    if others:
        yield warn(
            "runner",
            f"some are of release {', '.join(others)}, this is {__version__}",
            "finish the upgrade: restart them",
        )
    deaf = [r["name"] for r in alive if not r["listening"]]
    if deaf and patient.settings.listen:
        yield warn(
            "runner",
            f"{len(deaf)} of {len(alive)} are not reached by NOTIFY and ask every few seconds",
            "see check listen; their log says why",
        )


def check_deliveries(patient: Patient) -> Iterator[Finding]:
    """Whether what is due is claimed, and every job can be scheduled."""
    if not patient.diagnosis:
        return
    age = patient.diagnosis["oldest_due_seconds"] or 0
    if age > _LATE_SECONDS:
        yield fail(
            "deliveries",
            f"the oldest due execution has waited {age:.0f} s",
            "see prikke.queue_depth and prikke.runner_status: no runner, or too few for the load",
        )
    else:
        yield ok("deliveries", "what is due is taken at once")
    if patient.diagnosis["set_aside"]:
        yield warn(
            "deliveries",
            f"{patient.diagnosis['set_aside']} jobs cannot be scheduled and are set aside",
            "select job, last_error from prikke.failing_job where problem like '%set aside%';",
        )


def check_tick(patient: Patient) -> Iterator[Finding]:
    """Whether due times become executions in time."""
    if not patient.diagnosis:
        return
    lag = patient.diagnosis["tick_lag_seconds"] or 0
    if lag < _TICK_WARN_SECONDS:
        yield ok("tick", "due times become executions in time")
        return
    says = f"due times of jobs become executions {lag:.0f} s late"
    advice = "is a runner alive? Else its log says what the tick waits for"
    yield (fail if lag > _TICK_FAIL_SECONDS else warn)("tick", says, advice)


def check_partitions(patient: Patient) -> Iterator[Finding]:
    """Whether every result will have its place."""
    if not patient.diagnosis:
        return
    ahead = patient.diagnosis["partitions_ahead"]
    advice = "select prikke.keep_history(); makes them, or says what is in the way"
    if ahead == 0:
        yield fail(
            "partitions", "tomorrow's is missing, so nothing is handed out to runners", advice
        )
    elif ahead < _PARTITIONS_AHEAD:
        yield warn("partitions", f"only {ahead} days ahead", advice)
    else:
        yield ok("partitions", f"{ahead} days ahead")


def check_upkeep(patient: Patient) -> Iterator[Finding]:
    """Whether counts and outcomes are worked in."""
    if not patient.diagnosis:
        return
    unfolded = patient.diagnosis["unfolded"]
    if unfolded >= _UNFOLDED:
        yield warn(
            "upkeep",
            f"{unfolded} or more results are not worked into counts and job states yet",
            "is a runner alive? It does this every few seconds",
        )
    else:
        yield ok("upkeep", "counts are up to date")


def check_tables(patient: Patient) -> Iterator[Finding]:
    """Sizes, dead rows, held snapshots, autovacuum: what view table_health says."""
    row = patient.ask(
        "select to_regclass('prikke.table_health') is not null as there,"
        " coalesce(has_schema_privilege(to_regnamespace('prikke'), 'usage')"
        " and has_table_privilege(to_regclass('prikke.table_health'), 'select'), false) as may,"
        " pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_all"
    )
    if not row["there"]:
        return
    if not row["may"]:
        yield warn(
            "tables",
            "this login may not read prikke.table_health",
            "grant it prikke_reader, or run doctor as a superuser",
        )
        return
    found = patient.ask_all("select state, subject, says from prikke.table_health")
    trouble = [r for r in found if r["state"] != "ok"]
    for each in trouble:
        state = State.FAIL if each["state"] == "act" else State.WARN
        sentence, _, advice = each["says"].partition("; ")
        yield Finding(f"tables: {each['subject']}", state, sentence, advice or None)
    if not trouble:
        yield ok("tables", "small, clean, and nothing holds an old snapshot")
    if not row["sees_all"]:
        yield warn(
            "tables",
            "transactions of other logins are hidden from this one",
            "grant pg_read_all_stats to it, to see who holds a snapshot",
        )
