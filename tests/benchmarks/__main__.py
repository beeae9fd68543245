"""Runs the benchmarks: `python -m tests.benchmarks [--scale 0.1] [PART ...]`, or `make bench PARTS=… SCALE=…`.

Each part runs on a fresh stack. The figures go to bench.json and, at full scale, into docs/benchmarks.md. The exit
code is 1 if a bar was missed at full scale.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console

from tests.benchmarks.harness import Figure, bench_stack, document, keep, machine, part_of, table_of

HERE = Path(__file__).parent
AREAS = ("corpus", "gateway", "operator", "search", "usage")
PARTS = tuple(name for name in AREAS if (HERE / f"{name}.py").exists())


def main() -> int:
    """Run the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="the share of the full size")
    arguments = parser.parse_args()
    parts = [part for given in arguments.parts for part in given.split(",") if part]
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    console, found = Console(), list[Figure]()
    for name in parts or PARTS:
        console.print(f"[bold]{name}[/] at scale {arguments.scale:g}")
        with bench_stack() as stack, part_of(name, stack, arguments.scale) as bench:
            importlib.import_module(f"tests.benchmarks.{name}").run(bench)
            facts = machine(stack)
        keep(bench.figures)
        if arguments.scale == 1:
            document(name, bench.figures, facts)
        found += bench.figures
    console.print(table_of(found))
    missed = [figure.name for figure in found if not figure.holds]
    return 1 if missed and arguments.scale == 1 else 0


if __name__ == "__main__":
    sys.exit(main())
