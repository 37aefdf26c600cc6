"""``python -m epochal.ab.process CLAIM --epochs N``: the process of one arm of ``epochal ab``.

It prints JSON, a line a thing: first what it runs on and its rate in epochs a second, then the
seconds of each block. With ``--wait`` it takes the number of epochs of each period from a line of
its input, and ends where that ends; so another revision's process is asked in the same words.
"""

import argparse
import json
import sys
from pathlib import Path

from epochal.claims.folder import read
from epochal.errors import EpochalError, SpecError, nearest
from epochal.experiments.experiment import Experiment

__all__ = ["main", "setting"]


def main() -> int:
    """Runs the arm; 4 for wrong input."""
    options = _parser().parse_args()
    try:
        return _run(options)
    except EpochalError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m epochal.ab.process", description="Times epochs of a claim's first setting."
    )
    add = parser.add_argument
    add("claim")
    add("--epochs", type=int, default=100, metavar="N", help="of a block (default: 100)")
    add("--cases", type=Path, default=Path("cases"), help="the folder of case files")
    add("--device", default="cpu", help="cpu, cuda or cuda:N")
    add("--engine", default="auto", help="which engine trains")
    add("--slowed", type=float, default=0.0, metavar="SHARE", help="burn this share of each epoch")
    add("--wait", action="store_true", help="train a block of epochs for each line of input")
    return parser


def _run(options: argparse.Namespace) -> int:
    experiment = setting(options.claim, options.cases)
    from epochal.ab.epoch_timer import EpochTimer
    from epochal.identity.environment import versions
    from epochal.training.devices import describe, resolve

    [device] = resolve([options.device])
    timer = EpochTimer(experiment, device, options.engine, options.slowed)
    facts = {**versions(), "device": describe(device), "setting": experiment.digest}
    _say({"ready": facts, "epochs a second": timer.rate})
    if not options.wait:
        _say({"epochs": options.epochs, "seconds": timer.seconds(options.epochs)})
        return 0
    for line in sys.stdin:
        epochs = int(line)
        _say({"epochs": epochs, "seconds": timer.seconds(epochs)})
    return 0


def setting(name: str, cases: Path) -> Experiment:
    """The first setting of a claim that has epochs; raises `SpecError` if there is none."""
    claims = read(cases).claims
    found = next((each for each in claims if each.id == name), None)
    if found is None:
        step = nearest(name, [each.id for each in claims])
        raise SpecError("claim", name, "there is no such claim", step)
    settings = found.experiments_by_name.values()
    experiment = next((each for each in settings if isinstance(each, Experiment)), None)
    if experiment is None:
        rule = "its trainings are the claim's own code, which has no epoch to time"
        raise SpecError("claim", name, rule, "choose one with an Experiment")
    return experiment


def _say(thing: object) -> None:
    print(json.dumps(thing), flush=True)


if __name__ == "__main__":
    sys.exit(main())
