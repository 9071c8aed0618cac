"""The command line: what `prikke` understands, and how it ends."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from prikke import __version__, logs
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
from prikke.errors import PrikkeError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = parser().parse_args(argv)
    try:
        settings = Settings.from_environment()
        logs.configure(settings.log)
        code: int = arguments.command(arguments, settings)
    except PrikkeError as error:
        print(f"prikke: {error}", file=sys.stderr)
        return FAILED
    except psycopg.Error as error:
        print(f"prikke: the database says: {str(error).strip()}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


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

    command = commands.add_parser("psql", help="psql on Prikke's database, with shortcuts")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to psql")
    command.set_defaults(command=shell.psql)

    command = commands.add_parser("doctor", help="check this installation")
    command.add_argument("--settings", action="store_true", help="list every setting")
    command.add_argument("--mail", metavar="ADDRESS", help="send a mail there, to see it arrive")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=doctor.doctor)
    return top


Commands = argparse._SubParsersAction


def _add_installation(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("install", help="bring the database to this release")
    command.add_argument(
        "--print-roles",
        action="store_true",
        help="only print the statements an administrator runs before",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=installation.install_command)

    command = commands.add_parser("uninstall", help="remove schema prikke and all it holds")
    command.add_argument("--yes", action="store_true", required=True, help="yes, all of it")
    command.set_defaults(command=installation.uninstall_command)


def _add_processes(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("up", help="everything at once: database, web, one runner")
    command.add_argument("--port", type=_port, help="of the web pages (default 8000)")
    command.add_argument("--data", type=Path, help="where the embedded database keeps its data")
    command.add_argument(
        "--demo", action="store_true", help="with jobs that call a receiver on this machine"
    )
    command.add_argument("--host", default="127.0.0.1", help="address the web listens on")
    command.set_defaults(command=up.up)

    command = commands.add_parser("serve", help="the web pages and the API")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on")
    command.add_argument("--port", type=_port, help="port to listen on (default PORT or 8000)")
    command.add_argument("--workers", type=_positive, default=1, help="processes")
    command.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    command.set_defaults(command=processes.serve)

    command = commands.add_parser("run", help="a runner: claims and delivers")
    command.add_argument("--processes", type=_positive, default=1, help="how many")
    command.add_argument(
        "--concurrency", type=_positive, default=100, help="open requests of a process at most"
    )
    command.set_defaults(command=processes.run)


def _add_accounts(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("organization", help="organizations").add_subparsers(
        metavar="VERB", required=True
    )
    command = group.add_parser("create", help="make an organization")
    command.add_argument("name")
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--owner", metavar="EMAIL", help="a user who owns it")
    command.set_defaults(command=accounts.create_organization)

    group = commands.add_parser("user", help="people").add_subparsers(metavar="VERB", required=True)
    command = group.add_parser("create", help="make a user without a mail")
    command.add_argument("email", metavar="EMAIL")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=accounts.create_user)

    group = commands.add_parser("key", help="keys of programs").add_subparsers(
        metavar="VERB", required=True
    )
    command = group.add_parser("create", help="make a key; prints it alone, this once")
    command.add_argument("--name", default="prikke key create", help="what people call it")
    command.add_argument(
        "--scope",
        action="append",
        choices=("read", "write", "trigger", "admin", "owner"),
        help="may be repeated (default: read, write and trigger)",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    _of_organization(command, keys.create_key)


def _add_work(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("jobs", help="list jobs")
    command.add_argument("--search", help="text in name, URL or key")
    command.add_argument("--json", action="store_true", help="an object a line")
    _of_organization(command, work.jobs)

    command = commands.add_parser("send", help="queue one delivery")
    command.add_argument("url")
    command.add_argument("--body", help="text; - for standard input")
    command.add_argument("--method", help="default POST")
    command.add_argument("--delay", help='not before so long from now, as "5 minutes"')
    command.add_argument("--key", help="known by this, a duplicate is not sent again")
    command.add_argument("--ref", help="what it is about")
    command.add_argument("--queue", help="name of the lane")
    command.add_argument("--json", action="store_true", help="for programs")
    _of_organization(command, work.send)

    command = commands.add_parser("trigger", help="run a job once, now")
    command.add_argument("key", metavar="KEY")
    command.add_argument("--json", action="store_true", help="for programs")
    _of_organization(command, work.trigger)

    command = commands.add_parser("tail", help="executions as they change")
    command.add_argument("--once", action="store_true", help="what is there now, and no more")
    command.add_argument("--json", action="store_true", help="an object a line")
    _of_organization(command, tail.tail)

    command = commands.add_parser("sync", help="make the jobs with keys what a file says")
    command.add_argument("file", metavar="FILE", help="YAML or JSON; - for standard input")
    command.add_argument("--dry-run", action="store_true", help="only print the difference")
    command.add_argument(
        "--delete-removed", action="store_true", help="delete jobs whose key the file lacks"
    )
    command.add_argument("--json", action="store_true", help="for programs")
    _of_organization(command, work.sync)


def _add_secrets(commands: "Commands[argparse.ArgumentParser]") -> None:
    top = commands.add_parser("secret", help="secrets that requests name, and those that sign")
    group = top.add_subparsers(metavar="VERB", required=True)
    command = group.add_parser("list", help="names of secrets; no door shows their values")
    command.add_argument("--json", action="store_true", help="for programs")
    _of_organization(command, secrets.list_secrets)
    command = group.add_parser("set", help="keep the value that standard input gives")
    command.add_argument("name", metavar="NAME")
    _of_organization(command, secrets.set_secret)
    command = group.add_parser("delete", help="delete a secret that no job uses")
    command.add_argument("name", metavar="NAME")
    _of_organization(command, secrets.delete_secret)
    command = group.add_parser("reseal", help="seal all anew under the keyring's first key")
    command.set_defaults(command=secrets.reseal)

    group = group.add_parser("signing", help="the secret that signs deliveries").add_subparsers(
        metavar="VERB", required=True
    )
    command = group.add_parser("show", help="print it alone")
    _of_organization(command, secrets.show_signing)
    command = group.add_parser("rotate", help="make a new one; the old one signs a day longer")
    _of_organization(command, secrets.rotate_signing)


def _of_organization(
    command: argparse.ArgumentParser, run: Callable[[argparse.Namespace, Settings], int]
) -> None:
    command.add_argument("--organization", default="default", help="its slug (default: default)")
    command.set_defaults(command=run)


def _add_billing(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("billing", help="the payment provider").add_subparsers(
        metavar="VERB", required=True
    )
    command = group.add_parser(
        "reconcile", help="take over what Lemon Squeezy's events did not tell us"
    )
    command.add_argument("--dry-run", action="store_true", help="only compare")
    command.add_argument(
        "--assign",
        action="append",
        metavar="SUBSCRIPTION=SLUG",
        help="whose an unknown subscription is; may be repeated",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=billing.reconcile)


def _add_imports(commands: "Commands[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("import", help="jobs from elsewhere").add_subparsers(
        metavar="WHAT", required=True
    )
    command = group.add_parser("crontab", help="propose jobs for the curl lines of a crontab")
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
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=import_crontab.import_crontab)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())
