"""``epochal try``: what keeps a net from fitting, and what would have fitted."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from epochal.cli.shared import AS_JSON, CASES, JOURNAL, Commands, claims_of, print_json
from epochal.diagnosis.asked import (
    Asked,
    asked,
    of_claim,
    of_classes,
    seen_on_grid,
    share_held_out,
    with_batch,
)
from epochal.diagnosis.diagnose import answer
from epochal.diagnosis.plan import repeated, seconds
from epochal.errors import SpecError, nearest
from epochal.experiments.checks import natural
from epochal.experiments.experiment import Experiment
from epochal.experiments.files import reading
from epochal.experiments.inputs import Line
from epochal.experiments.labels import Labels
from epochal.experiments.loops import Loop, Loss
from epochal.experiments.nets import MLP, Output
from epochal.experiments.parts import Optimizer
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import Table, table_of
from epochal.experiments.targets import Formula, Noise
from epochal.files import expanded, writable

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "try",
        parents=[CASES, JOURNAL, AS_JSON],
        help="what keeps a net from fitting, and what would have fitted?",
        description="Looks at a setting, trains it and its changes for about a minute, and tells "
        "why it does not fit and which change would.",
    )
    _of_data(parser.add_argument_group("data"))
    _of_net(parser.add_argument_group("net"))
    _of_training(parser.add_argument_group("training"))
    _of_answer(parser.add_argument_group("answer"))
    parser.set_defaults(run=try_, unset=parser.get_default)


def _of_data(group: Any) -> None:
    data = group.add_argument
    data("--target", metavar="FORMULA", help="a formula of x, such as 'sin(2*x)'")
    data("--range", nargs=2, type=float, metavar=("LOW", "HIGH"), help="the range of x")
    data("--points", type=int, default=1000, metavar="N", help="training points (default: 1000)")
    data("--grid", action="store_true", help="points on a regular grid, not drawn at random")
    data("--asked", nargs=2, type=float, metavar=("LOW", "HIGH"), help="judged there, if elsewhere")
    data("--noise", type=float, metavar="SD", help="noise on the targets that training sees")
    data("--data", type=expanded, metavar="FILE", help="a CSV file in place of a formula")
    data("--claim", metavar="ID", help="the setting of a claim; ID:NAME for one of several")
    data("--x", metavar="NAMES", help="the columns of its inputs, with commas")
    data("--y", metavar="NAMES", help="the columns of its targets, with commas")
    data("--held-out", type=float, metavar="PART", help="rows for the error (0.2 of 50 or more)")
    data("--standardise", choices=("x", "y", "both"), help="inputs, targets, or both")


def _of_net(group: Any) -> None:
    net = group.add_argument
    net("--net", default="64,64", metavar="WIDTHS", help="hidden widths (default: 64,64)")
    net("--activation", default="ReLU", metavar="NAME", help="as in torch.nn (default: ReLU)")
    net("--output-activation", metavar="NAME", help="after the output layer")
    net("--no-bias", action="store_true", help="no biases in the hidden layers")
    net("--dropout", type=float, default=0.0, metavar="PART", help="of the hidden units")
    net("--batch-norm", action="store_true", help="before each activation")
    net("--init", metavar="NAME", help="initial weights, such as glorot_uniform or normal_")


def _of_training(group: Any) -> None:
    loop = group.add_argument
    loop("--optimizer", default="Adam", metavar="NAME", help="as in torch.optim (default: Adam)")
    loop("--lr", type=float, default=1e-3, metavar="RATE", help="learning rate (default: 0.001)")
    loop("--momentum", type=float, metavar="M", help="of SGD")
    loop("--weight-decay", type=float, metavar="D", help="of the optimizer")
    loop("--batch-size", type=int, metavar="N", help="points an update (default: all)")
    about_loss = "as in torch.nn, with which targets are classes or numbers (default: MSELoss)"
    loop("--loss", default="MSELoss", metavar="NAME", help=about_loss)
    loop("--epochs", type=int, default=1000, metavar="N", help="(default: 1000)")


def _of_answer(group: Any) -> None:
    about = group.add_argument
    about("--goal", type=float, metavar="MSE", help="a fit (default: 2%% of the variance)")
    about("--budget", default="60s", metavar="TIME", help="about how long (default: 60s)")
    about("--repeat", default="", metavar="PLAN", help="train as an earlier answer did")
    about("--device", default="cpu", help="cpu or cuda")
    about("--workers", type=int, metavar="N", help="training processes")
    about("--save", type=expanded, metavar="FILE", help="write the best change as a claim")
    about("--report", type=expanded, metavar="DIR", help="write the answer and its picture")


def try_(options: Namespace) -> int:
    """``epochal try``: the answer part by part, as soon as each is known; 0 whatever it is."""
    given = _given(options)
    if options.save:
        from epochal.diagnosis.saved import check_saving

        check_saving(given, options.save)
    if options.report:
        writable(options.report)
    quiet = options.json

    def say(part: str) -> None:
        if not quiet:
            print(part if part.startswith("  ") else f"{part}\n", flush=True)

    found = answer(
        given,
        budget=options.budget,
        repeat=options.repeat,
        device=options.device,
        workers=options.workers,
        journal=options.journal,
        command=shlex.join(["epochal", *sys.argv[1:]]),
        data=_lines(options, given),
        cases=options.cases if options.claim else None,
        say=say,
    )
    if options.save:
        from epochal.diagnosis.saved import save_claim

        best = found.remedy
        if found.fits:
            say("Nothing is saved: the setting fits as it is.")
        elif best is None or not best.fits:
            say("Nothing is saved: no change fits yet.")
        else:
            for path in save_claim(options.save, given, best):
                say(f"wrote {path}")
    if options.report:
        from epochal.diagnosis.page import write

        say(f"wrote {write(options.report, found)}")
    return print_json(found.as_json()) if options.json else 0


def _given(options: Namespace) -> Asked:
    """What the options ask about; raises `SpecError` before anything is trained."""
    seconds(options.budget)
    if options.repeat:
        repeated(options.repeat)
    natural("--epochs", options.epochs)
    if options.claim:
        _refuse(options, (*FORMULA, "data", *TABLE, *SETTING), "the setting is that of the claim")
        return _of_claim(options)
    if options.data:
        _refuse(options, FORMULA, "the points and targets are in the file of --data")
    else:
        _refuse(options, TABLE, "it is about the file of --data")
    loop = Loop(loss="mean" if options.loss == "MSELoss" else Loss(options.loss))
    classes = of_classes(loop)
    data = _table(options, classes) if options.data else _formula(options, classes)
    net = MLP(
        widths=_widths(options.net),
        activation=options.activation,
        output=Output(activation=options.output_activation),
        bias=not options.no_bias,
        dropout=options.dropout,
        batch_norm=options.batch_norm,
        weights=options.init,
    )
    scaled = {"x": ("inputs",), "y": ("target",), "both": ("inputs", "target"), None: ()}
    kinds = dict.fromkeys(scaled[options.standardise], "standardise")

    def made(probe: int) -> Experiment:
        return Experiment(
            **data,
            net=net,
            optimizer=_optimizer(options),
            loop=loop,
            scaling=Scaling(**kinds) if kinds else None,
            probe=probe,
        )

    return with_batch(asked(seen_on_grid(made), options.epochs, options.goal), options.batch_size)


FORMULA = ("target", "range", "points", "grid", "asked", "noise")
TABLE = ("x", "y", "held_out")
SETTING = (
    *("net", "activation", "output_activation", "no_bias", "dropout", "batch_norm", "init"),
    *("optimizer", "lr", "momentum", "weight_decay", "batch_size", "loss", "epochs"),
    "standardise",
)
"""Options of a formula, of a file, and of all else that makes a setting."""


def _refuse(options: Namespace, names: Iterable[str], rule: str) -> None:
    """Raises `SpecError` if one of ``names`` is given."""
    for name in names:
        value = getattr(options, name)
        if value != options.unset(name):
            raise SpecError(f"--{name.replace('_', '-')}", value, rule, "leave it out")


def _of_claim(options: Namespace) -> Asked:
    name, _, arm = options.claim.partition(":")
    known = {each.id: each for each in claims_of(options)}
    if name not in known:
        raise SpecError("--claim", name, "there is no such claim", nearest(name, known))
    return of_claim(known[name], arm, options.goal)


def _formula(options: Namespace, classes: bool) -> dict[str, Any]:
    if options.target is None:
        step = "give --target 'sin(2*x)' --range -7.5 7.5, or --data FILE"
        raise SpecError("--target", None, "there is nothing to fit", step)
    if options.range is None:
        raise SpecError("--range", None, "a formula needs a range of x", "give --range -1 1")
    (low, high), there = options.range, options.asked
    draw, points = "grid" if options.grid else "uniform", options.points
    return {
        "inputs": Line(low=low, high=high, points=points, draw=draw),
        "probe_inputs": there and Line(low=there[0], high=there[1], points=points, draw=draw),
        "target": Labels(Formula(options.target)) if classes else Formula(options.target),
        "noise": None if options.noise is None else Noise(options.noise),
    }


def _table(options: Namespace, classes: bool) -> dict[str, Any]:
    x, y = (_names(each) for each in (options.x, options.y))
    if classes:
        labels = Labels.read(options.data, x, options.y)
        table = table_of(labels)
        assert table is not None
        held = replace(table, held_out=share_held_out(table, options.held_out))
        return {"target": replace(labels, of=held)}
    table = Table.read(options.data, x, y)
    return {"target": replace(table, held_out=share_held_out(table, options.held_out))}


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [each.strip() for each in text.split(",")]


def _widths(text: str) -> tuple[int, ...]:
    words = [each.strip() for each in text.split(",")] if text.strip() else []
    if not all(each.isdigit() and int(each) for each in words):
        rule = "it is a list of hidden widths"
        raise SpecError("--net", text, rule, "give one such as 200,200")
    return tuple(int(each) for each in words)


def _optimizer(options: Namespace) -> Optimizer:
    given = {"lr": options.lr, "momentum": options.momentum, "weight_decay": options.weight_decay}
    return Optimizer(
        options.optimizer, **{name: value for name, value in given.items() if value is not None}
    )


def _lines(options: Namespace, given: Asked) -> str:
    """The lines of a script that read the file of ``--data``, where it holds numbers alone."""
    target = given.experiment.target
    if not options.data or (isinstance(target, Labels) and target.names):
        return ""
    return reading(options.data, _names(options.x), _names(options.y))
