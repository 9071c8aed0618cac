"""`prikke doctor`: what is wrong with this installation, and what to do about it."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace

from prikke import embedded
from prikke.commands.database import direct_url
from prikke.commands.mail import send_trial
from prikke.commands.up import kept_secret
from prikke.config import Settings, describe
from prikke.doctor import Finding, State, examine, examine_without_database
from prikke.errors import ConfigurationError

_MARKS = {State.OK: ("✓", "32"), State.WARN: ("!", "33"), State.FAIL: ("✗", "31")}


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Examine everything, or list the settings; 1 when something is broken."""
    if arguments.settings:
        return _list_settings(settings, arguments.json)
    if arguments.mail:
        return send_trial(settings, arguments.mail)
    findings = _examine(settings)
    if arguments.json:
        found = list(findings)
        healthy = not any(finding.state is State.FAIL for finding in found)
        print(json.dumps({"healthy": healthy, "findings": [asdict(each) for each in found]}))
        return 0 if healthy else 1
    return _print(findings, sys.stdout.isatty())


def _examine(settings: Settings) -> Iterable[Finding]:
    own = settings.direct_url is None
    try:
        url = direct_url(settings)
    except ConfigurationError as error:
        return examine_without_database(settings, str(error))
    if own and settings.secret_key_base is None:
        settings = replace(settings, secret_key_base=kept_secret(embedded.default_data()))
    # Questions go to the database as the programs reach it, pooler and all.
    return examine(settings, settings.database_url or url, own)


def _print(findings: Iterable[Finding], colours: bool) -> int:
    counts = dict.fromkeys(State, 0)
    for finding in findings:
        counts[finding.state] += 1
        mark, colour = _MARKS[finding.state]
        if colours:
            mark = f"\033[{colour}m{mark}\033[0m"
        print(f"{mark} {finding.check:<14} {finding.says}", flush=True)
        if finding.advice:
            print(f"  {'':<14} → {finding.advice}")
    print()
    if counts[State.FAIL]:
        print(f"{_count(counts[State.FAIL], 'problem')}, {_count(counts[State.WARN], 'warning')}.")
        return 1
    print(
        f"Healthy, with {_count(counts[State.WARN], 'warning')}."
        if counts[State.WARN]
        else "All is well."
    )
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list_settings(settings: Settings, as_json: bool) -> int:
    rows = describe(settings)
    if as_json:
        print(json.dumps({"settings": [asdict(row) for row in rows]}))
        return 0
    width = max(len(row.name) for row in rows)
    for row in rows:
        default = f", default {row.default}" if row.source != "default" and row.default else ""
        print(f"{row.name:<{width}}  {row.value or '-'}  ({row.source}{default})")
    return 0
