"""`prikke doctor`: what is wrong with this installation, and what to do about it."""

import argparse
import json
import sys
from dataclasses import asdict

from prikke.config import Settings, describe


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the settings."""
    if not arguments.settings:
        print("prikke doctor: only --settings so far", file=sys.stderr)
        return 2
    rows = describe(settings)
    if arguments.json:
        print(json.dumps({"settings": [asdict(row) for row in rows]}))
        return 0
    width = max(len(row.name) for row in rows)
    for row in rows:
        default = f", default {row.default}" if row.source != "default" and row.default else ""
        print(f"{row.name:<{width}}  {row.value or '-'}  ({row.source}{default})")
    return 0
