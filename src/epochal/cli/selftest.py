"""``epochal aa``: the gate's own false alarms and detections, measured and kept."""

import datetime
import sys
import time
from argparse import Namespace
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from epochal.cli.shared import CASES, Commands, claims_of
from epochal.errors import SpecError, nearest
from epochal.experiments.checks import natural
from epochal.files import expanded, writable
from epochal.gate import records
from epochal.gate.arms import OWN, Arm
from epochal.gate.neighbour import benchmark, busy
from epochal.gate.selftest import Sat, simulated
from epochal.gate.sitting import Bench
from epochal.gate.timing import judged
from epochal.report.gate import rates

__all__ = ["add"]

SLOWED = (0.0, 0.1, 0.2)


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "aa",
        parents=[CASES],
        help="measure the time gate's own false alarms, or its detections, and keep them",
        description="Times unchanged code against itself, or against itself slowed by a busy loop "
        "in each epoch. Each sitting is appended to the record beside the baseline, and whole "
        "sessions are simulated from it anew.",
    )
    option = parser.add_argument
    option("--sittings", type=int, default=1, metavar="N", help="how many (default: 1)")
    option("--slowed", type=float, default=0.0, metavar="SHARE", help="slow arm B by it: 0.1, 0.2")
    option("--busy", action="store_true", help="keep a core busy beside it")
    option("--claim", default="sentinel-sgd", help="whose setting is timed")
    option("--benchmark", action="store_true", help="try pytest-benchmark's mean:5%% beside it")
    option("--baseline", type=expanded, default="reports/baseline", help="where the record is")
    parser.set_defaults(run=aa)


def aa(options: Namespace) -> int:
    """``epochal aa``: sittings, appended to the record one by one."""
    natural("--sittings", options.sittings)
    if not 0 <= options.slowed < 10:
        raise SpecError("--slowed", options.slowed, "it is a share of 0 to 10", "give 0.1, say")
    claims = claims_of(options)
    if options.claim not in (known := [each.id for each in claims]):
        raise SpecError(
            "--claim", options.claim, "there is no such claim", nearest(options.claim, known)
        )
    writable(options.baseline, "--baseline")
    records.load_sittings(options.baseline)
    for number in range(options.sittings):
        sat = _sat(options)
        records.append_sitting(sat, options.baseline)
        shown = f"{sat.timing.pace.value}, {sat.timing.sittings[0].ratio:.3f}, {sat.seconds:.0f} s"
        beside = f", pytest-benchmark {sat.benchmark}" if sat.benchmark else ""
        print(f"{number + 1} of {options.sittings}: {shown}{beside}", flush=True)
    record = records.load_sittings(options.baseline)
    if any(not each.slowed for each in record):
        records.save_simulated([simulated(record, s) for s in SLOWED], options.baseline)
    print("\n".join(rates(record, records.load_simulated(options.baseline))))
    return 0


def _sat(options: Namespace) -> Sat:
    own = Arm("unchanged", Path(sys.executable), OWN)
    start = time.perf_counter()
    with busy() if options.busy else nullcontext():
        bench = Bench(own, own, options.claim, options.cases, slowed=options.slowed)
        timing = judged(bench.quadruples)
        spent = time.perf_counter() - start
        beside = partial(benchmark, own, options.claim, options.cases, bench.epochs)
        told = beside() if options.benchmark and not options.slowed else ""
    facts = bench.facts[0]
    return Sat(
        claim=options.claim,
        slowed=options.slowed,
        busy=options.busy,
        timing=timing,
        epochs=bench.epochs,
        benchmark=told,
        seconds=spent,
        machine={name: facts[name] for name in ("device", "torch")},
        day=datetime.date.today().isoformat(),
    )
