"""What `prikke` understands: all commands and their options."""

import argparse
from collections.abc import Callable
from pathlib import Path

from prikke import __version__
from prikke.commands import (
    accounts,
    billing,
    doctor,
    import_crontab,
    installation,
    keys,
    processes,
    secrets,
    shell,
    tail,
    up,
    work,
)
from prikke.config import Settings


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="prikke", description="Scheduled HTTP requests from PostgreSQL."
    )
    top.add_argument("--version", action="version", version=f"prikke {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_installation(commands)
    _add_processes(commands)
    _add_accounts(commands)
    _add_secrets(commands)
    _add_billing(commands)
    _add_imports(commands)
    _add_work(commands)

    command = _command(commands, "psql", "psql on Prikke's database, with shortcuts")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to psql")
    command.set_defaults(command=shell.psql)

    command = _command(commands, "doctor", "check this installation")
    command.add_argument("--settings", action="store_true", help="list every setting")
    command.add_argument("--mail", metavar="ADDRESS", help="send a mail there, to see it arrive")
    _may_print_json(command)
    command.set_defaults(command=doctor.doctor)
    return top


Commands = argparse._SubParsersAction

_WHERE = (
    "It asks Prikke at PRIKKE_URL with PRIKKE_API_KEY where both are set, else the database at "
    "DATABASE_URL, or that of a running `prikke up`."
)


def _command(
    commands: "Commands[argparse.ArgumentParser]",
    name: str,
    does: str,
    example: str | None = None,
    more: str = "",
) -> argparse.ArgumentParser:
    """A command, with what it does in the list of commands and in its own help."""
    return commands.add_parser(
        name,
        help=does,
        description=f"{does[0].upper()}{does[1:]}. {more}",
        epilog=f"Example: {example}" if example else None,
    )


def _add_installation(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = _command(commands, "install", "bring the database to this release")
    command.add_argument(
        "--print-roles",
        action="store_true",
        help="only print the statements an administrator runs before",
    )
    _may_print_json(command)
    command.set_defaults(command=installation.install_command)

    command = _command(commands, "uninstall", "remove schema prikke and all it holds")
    command.add_argument("--yes", action="store_true", required=True, help="yes, all of it")
    command.set_defaults(command=installation.uninstall_command)


def _add_processes(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = _command(commands, "up", "everything at once: database, web, one runner")
    command.add_argument("--port", type=_port, help="of the web pages (default 8000)")
    command.add_argument("--data", type=Path, help="where the embedded database keeps its data")
    command.add_argument(
        "--demo", action="store_true", help="with jobs that call a receiver on this machine"
    )
    command.add_argument("--host", default="127.0.0.1", help="address the web listens on")
    command.set_defaults(command=up.up)

    command = _command(commands, "serve", "the web pages and the API")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on")
    command.add_argument("--port", type=_port, help="port to listen on (default PORT or 8000)")
    command.add_argument("--workers", type=_positive, default=1, help="processes")
    command.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    command.set_defaults(command=processes.serve)

    command = _command(commands, "run", "a runner: claims and delivers")
    command.add_argument("--processes", type=_positive, default=1, help="how many")
    command.add_argument(
        "--concurrency", type=_positive, default=100, help="open requests of a process at most"
    )
    command.set_defaults(command=processes.run)


def _add_accounts(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("organization", help="organizations").add_subparsers(
        metavar="VERB", required=True
    )
    command = _command(
        group,
        "create",
        "make an organization; prints its slug",
        "prikke organization create 'Acme Tools' --owner ann@example.com",
    )
    command.add_argument("name", metavar="NAME", help="what people call it")
    _may_print_json(command)
    command.add_argument("--owner", metavar="EMAIL", help="a user who owns it")
    command.set_defaults(command=accounts.create_organization)

    group = commands.add_parser("user", help="people").add_subparsers(metavar="VERB", required=True)
    command = _command(
        group,
        "create",
        "make a user without a mail; prints the id, and a link that signs in",
        "prikke user create ann@example.com",
    )
    command.add_argument("email", metavar="EMAIL", help="the mail address that signs in")
    _may_print_json(command)
    command.set_defaults(command=accounts.create_user)

    group = commands.add_parser("key", help="keys of programs").add_subparsers(
        metavar="VERB", required=True
    )
    command = _command(
        group,
        "create",
        "make a key; prints it alone, this once",
        "prikke key create --organization acme --name deploy --scope write",
    )
    command.add_argument("--name", default="prikke key create", help="what people call it")
    command.add_argument(
        "--scope",
        action="append",
        choices=("read", "write", "trigger", "admin", "owner"),
        help="may be repeated (default: read, write and trigger)",
    )
    _may_print_json(command)
    _of_organization(command, keys.create_key)


def _add_work(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = _command(commands, "jobs", "list jobs", "prikke jobs --search billing", _WHERE)
    command.add_argument("--search", metavar="TEXT", help="text in name, URL or key")
    _may_print_json(command, "a JSON object a line")
    _as_client(command, work.jobs)

    command = _command(
        commands,
        "send",
        "queue one delivery",
        "prikke send https://example.com/hook --body '{\"order\": 42}' --delay '5 minutes'",
        _WHERE,
    )
    command.add_argument("url", metavar="URL", help="where the request goes")
    command.add_argument("--body", metavar="TEXT", help="what is sent; - for standard input")
    command.add_argument("--method", metavar="METHOD", help="the HTTP method (default POST)")
    command.add_argument(
        "--delay", metavar="LENGTH", help='not before so long from now, as "5 minutes"'
    )
    command.add_argument(
        "--key", metavar="KEY", help="while a send with this key waits, no other is queued"
    )
    command.add_argument(
        "--ref", metavar="TEXT", help="what it is about, for finding and cancelling it"
    )
    command.add_argument("--queue", metavar="NAME", help="name of the lane (default: default)")
    _may_print_json(command)
    _as_client(command, work.send)

    command = _command(
        commands, "trigger", "run a job once, now", "prikke trigger billing.nightly", _WHERE
    )
    command.add_argument("key", metavar="KEY", help="the key of the job")
    _may_print_json(command)
    _as_client(command, work.trigger)

    command = _command(
        commands, "tail", "executions as they change", "prikke tail --json | jq .status", _WHERE
    )
    command.add_argument("--once", action="store_true", help="the newest 200, and no more")
    _may_print_json(command, "a JSON object a line")
    _as_client(command, tail.tail)

    command = _command(
        commands,
        "sync",
        "make the jobs with keys what a file says",
        "prikke sync jobs.yaml --dry-run",
        _WHERE,
    )
    command.add_argument("file", metavar="FILE", help="YAML or JSON; - for standard input")
    command.add_argument("--dry-run", action="store_true", help="only print the difference")
    command.add_argument(
        "--delete-removed", action="store_true", help="delete jobs whose key the file lacks"
    )
    _may_print_json(command)
    _as_client(command, work.sync)


def _add_secrets(commands: "Commands[argparse.ArgumentParser]") -> None:
    top = _command(commands, "secret", "secrets that requests name, and those that sign")
    group = top.add_subparsers(metavar="VERB", required=True)
    command = _command(group, "list", "names of secrets; no door shows their values")
    _may_print_json(command)
    _of_organization(command, secrets.list_secrets)
    command = _command(group, "set", "keep the value that standard input gives")
    command.add_argument("name", metavar="NAME", help="what requests name it by")
    _of_organization(command, secrets.set_secret)
    command = _command(group, "delete", "delete a secret that no job uses")
    command.add_argument("name", metavar="NAME", help="what requests name it by")
    _of_organization(command, secrets.delete_secret)
    command = _command(group, "reseal", "seal all anew under the keyring's first key")
    command.set_defaults(command=secrets.reseal)

    group = group.add_parser("signing", help="the secret that signs deliveries").add_subparsers(
        metavar="VERB", required=True
    )
    command = _command(group, "show", "print it alone")
    _of_organization(command, secrets.show_signing)
    command = _command(group, "rotate", "make a new one; the old one signs a day longer")
    _of_organization(command, secrets.rotate_signing)


def _may_print_json(command: argparse.ArgumentParser, what: str = "JSON") -> None:
    command.add_argument("--json", action="store_true", help=f"print {what}, for programs")


def _of_organization(
    command: argparse.ArgumentParser, run: Callable[[argparse.Namespace, Settings], int]
) -> None:
    command.add_argument(
        "--organization", metavar="SLUG", default="default", help="its slug (default: default)"
    )
    command.set_defaults(command=run)


def _as_client(
    command: argparse.ArgumentParser, run: Callable[[argparse.Namespace, Settings], int]
) -> None:
    command.add_argument(
        "--organization",
        metavar="SLUG",
        help="its slug (default: that of the key, and on the database default)",
    )
    command.set_defaults(command=run)


def _add_billing(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("billing", help="the payment provider").add_subparsers(
        metavar="VERB", required=True
    )
    command = _command(group, "reconcile", "take over what Lemon Squeezy's events did not tell us")
    command.add_argument("--dry-run", action="store_true", help="only compare")
    command.add_argument(
        "--assign",
        action="append",
        metavar="SUBSCRIPTION=SLUG",
        help="whose an unknown subscription is; may be repeated",
    )
    _may_print_json(command)
    command.set_defaults(command=billing.reconcile)


def _add_imports(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("import", help="jobs from elsewhere").add_subparsers(
        metavar="WHAT", required=True
    )
    command = _command(group, "crontab", "propose jobs for the curl lines of a crontab")
    command.add_argument("file", help="a crontab; - for standard input (crontab -l | …)")
    command.add_argument("--organization", default="default", help="its slug (default: default)")
    command.add_argument(
        "--timezone",
        default="UTC",
        help="zone of the machine it ran on (default UTC; CRON_TZ wins)",
    )
    command.add_argument(
        "--system", action="store_true", help="a user stands between schedule and command"
    )
    command.add_argument("--apply", action="store_true", help="make the jobs")
    _may_print_json(command)
    command.set_defaults(command=import_crontab.import_crontab)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is no whole number from 1 on')
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f'"{text}" is no port: 0 to 65535')
    return int(text)
