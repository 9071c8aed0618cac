"""Runs the benchmarks one after another, and writes what they found into README.md.

python -m benchmarks [batches sends …] [--rounds 5] [--small | --full] [--write]
"""

import argparse
import importlib

from benchmarks.frame import Figure, Options

MODULES = {"deliveries": "P1, P2", "batches": "P3", "sends": "P5"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MODULES, []], help="which; all unless named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="less of everything, for a look")
    parser.add_argument("--full", action="store_true", help="P6 with ten million rows of history")
    arguments = parser.parse_args()
    options = Options(arguments.rounds, arguments.full, arguments.small)
    figures: list[Figure] = []
    for name in arguments.names or MODULES:
        for figure in importlib.import_module(f"benchmarks.{name}").measure(options):
            print(figure.line(), figure.note, flush=True)
            figures.append(figure)


if __name__ == "__main__":
    main()
