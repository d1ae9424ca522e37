"""python -m benchmarks [--rounds 15] [--only webhook] [--json]"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from benchmarks import report
from benchmarks.container import ContainerFailed
from benchmarks.measuring import Bench, backends
from benchmarks.variants import Variant, prepared

ROUNDS = 15
# The variants that the others are compared with.
ALWAYS = ("bare", "naive webhook", "naive create")


def main(
    rounds: Annotated[int, typer.Option(min=1)] = ROUNDS,
    only: Annotated[list[str] | None, typer.Option(help="Functions to measure.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the functions as built by `sam build`. Only ratios within one run count."""
    if sys.platform != "linux":
        sys.exit("make bench reads CPU times and memory from Linux's /proc: run it on Linux.")
    runtime, variants = prepared()
    if only:
        variants = [one for one in variants if one.name in (*ALWAYS, *only)]
    try:
        measured = measure(runtime, variants, rounds)
    except ContainerFailed as failed:
        sys.exit(f"bench failed: {failed}")
    rows = report.rows(measured)
    cost = None if only else report.cost(measured)
    if as_json:
        print(json.dumps(report.document(rows, cost, rounds), indent=2))
        return
    for table in report.tables(rows, cost):
        Console(width=160).print(table)


def measure(runtime: Path, variants: list[Variant], rounds: int) -> dict[str, report.Measured]:
    console = Console(stderr=True)
    with backends() as address, Progress(console=console) as progress:
        bench = Bench(runtime, address)
        task = progress.add_task("Rounds", total=rounds)
        counted = {one.name: (bench.requests(one), bench.modules(one)) for one in variants}
        samples = bench.rounds(variants, rounds, lambda: progress.advance(task))
    return {
        one.name: report.Measured(one, samples[one.name], *counted[one.name]) for one in variants
    }


if __name__ == "__main__":
    typer.run(main)
