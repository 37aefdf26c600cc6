"""`diagnose`: what keeps a net from fitting, and what would have fitted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from epochal.diagnosis import words
from epochal.diagnosis.activations import known
from epochal.diagnosis.asked import Asked, asked, of_arrays, with_batch
from epochal.diagnosis.before import Before
from epochal.diagnosis.changes import applicable
from epochal.diagnosis.diagnosis import Diagnosis
from epochal.diagnosis.plan import Plan, made, repeated, seconds
from epochal.diagnosis.script import script, unwritten
from epochal.diagnosis.static import STATIC
from epochal.diagnosis.symptom import found
from epochal.experiments.checks import whole
from epochal.experiments.experiment import Experiment
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loop, Loss
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import KERAS, Optimizer
from epochal.experiments.tables import Table
from epochal.experiments.targets import Formula, Sine, SumOfSines
from epochal.training.cost import seconds_an_epoch

__all__ = ["answer", "diagnose"]

JOURNAL = Path(".epochal/journal.sqlite")


def diagnose(
    what: Experiment | Callable[..., Any],
    x: Any = None,
    y: Any = None,
    *,
    optimizer: Optimizer | None = None,
    loop: Loop | None = None,
    batch_size: int | None = None,
    held_out: Any = None,
    epochs: int = 1000,
    goal: float | None = None,
    budget: float | str = 60,
    repeat: str = "",
    device: str = "cpu",
    workers: int | None = None,
    journal: str | Path = JOURNAL,
    quiet: bool = False,
) -> Diagnosis:
    """Find out why a setting does not fit, and which change of it would.

    Args:
        what: an `Experiment`, or a function without arguments that makes your ``nn.Module``.
        x: the inputs of your data, ``(n,)`` or ``(n, d)``; only with a function.
        y: the targets, ``(n,)`` or ``(n, k)``.
        optimizer: such as ``Optimizer("SGD", lr=0.01)``; only with a function.
        loop: such as ``Loop(batch=32)``; only with a function.
        batch_size: points an update.
        held_out: a part of the rows on which errors are measured; 0.2 of 50 rows or more where it
            is left out.
        epochs: how long you train.
        goal: the mean squared error, or of classes the share of wrong points, below which it fits;
            docs/try.md says what it is where it is left out.
        budget: about how many seconds may be spent; it is turned into a plan of epochs once.
        repeat: a plan that was printed, in place of a budget.
        device: as for ``pytest bench/ --device``; one device.
        workers: training processes; as many as there are cores where it is left out.
        journal: the file that every finished run goes into.
        quiet: print no progress.

    Returns:
        The answer, which prints itself; a notebook shows it with its picture.

    Raises:
        SpecError: something that is given is wrong, told before anything is trained.

    >>> from epochal import Experiment, Line, MLP, Optimizer, Sine, diagnose
    >>> from tempfile import mkdtemp
    >>> dead = Experiment(
    ...     inputs=Line(low=-1, high=1, points=40),
    ...     target=Sine(2),
    ...     net=MLP(widths=(8,), activation="Identity"),
    ...     optimizer=Optimizer("Adam", lr=0.03),
    ... )
    >>> journal = f"{mkdtemp()}/j.sqlite"
    >>> found = diagnose(dead, epochs=200, workers=0, budget=5, journal=journal, quiet=True)
    >>> found.symptoms[0], found.fits
    ('no-activation', False)
    """
    if not isinstance(what, Experiment):
        what = of_arrays(what, x, y, optimizer, loop or Loop(), held_out)
    given = with_batch(asked(what, epochs, goal), batch_size)
    return answer(
        given,
        budget=budget,
        repeat=repeat,
        device=device,
        workers=workers,
        journal=Path(journal),
        say=lambda part: None if quiet or not part.startswith("  ") else print(part.strip()),
    )


def answer(
    given: Asked,
    *,
    budget: float | str = 60,
    repeat: str = "",
    device: str = "cpu",
    workers: int | None = None,
    journal: Path = JOURNAL,
    command: str = "epochal.diagnose",
    data: str = "",
    cases: Path | None = None,
    say: Callable[[str], None] = lambda part: None,
) -> Diagnosis:
    """As `diagnose`.

    Args:
        given: the setting.
        data: the lines of a script that read a table.
        cases: the folder of case files, if the setting is that of a claim.
        say: called with each part of the answer as soon as it is known, and with lines about
            progress, which begin with two spaces.
    """
    plan, allowed = repeated(repeat) if repeat else None, seconds(budget)
    if workers is not None:
        whole("workers", workers, 0)
    _check(given.experiment)
    found_out = Diagnosis(given)

    def told(part: str) -> None:
        found_out.parts.append(part)
        say(part)

    facts = Before(given)
    told(words.setting(given))
    found_out.before = [*found(STATIC, facts)]
    found_out.hours = given.epochs * seconds_an_epoch(given.experiment, device) / 3600
    told(words.reach(given, facts, found_out.before, found_out.hours))
    _train(found_out, plan, allowed, (device, workers, journal, command, cases), told, say)
    _write(found_out, data)
    if words.diff(found_out):
        told(words.to_change(found_out))
    return found_out


def _check(experiment: Experiment) -> None:
    """Raises `SpecError` where torch refuses what is not known to be right, or own code fails.

    What is known needs no torch, which takes two seconds to import.
    """
    net, optimizer = experiment.net, experiment.optimizer
    names = [net.nonlinearity, net.output.activation] if isinstance(net, MLP) else [None]
    sure = isinstance(net, Siren) or all(known(each) is not None for each in names)
    sure = sure and not isinstance(net, ModuleNet) and not isinstance(experiment.loop.loss, Loss)
    arguments = {*optimizer.keywords} - SURE.get(optimizer.name, set())
    plain = optimizer.name in SURE and not arguments and experiment.scheduler is None
    starts = isinstance(net, MLP) and not {net.weights, net.biases} <= {None, *KERAS.values()}
    target = getattr(experiment.target, "of", experiment.target)
    own = not isinstance(target, Sine | SumOfSines | Formula | Table)
    if not (sure and plain) or starts or own:
        from epochal.training.checks import check
        from epochal.training.dry_run import dry_run

        check(experiment)
        dry_run(experiment)


SURE = {
    "SGD": {"lr", "momentum", "weight_decay"},
    "Adam": {"lr", "weight_decay"},
    "AdamW": {"lr", "weight_decay"},
    "RMSprop": {"lr", "momentum", "weight_decay"},
    "LBFGS": {"lr"},
}
"""Optimizers of torch and arguments that they take."""


def _train(
    diagnosis: Diagnosis,
    plan: Plan | None,
    allowed: float,
    where: tuple[str, int | None, Path, str, Path | None],
    told: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Trains the setting as it is, and its changes unless it fits."""
    from epochal.diagnosis.search import Lab, costs_of
    from epochal.diagnosis.trained import TRAINED
    from epochal.training.workers import cores

    device, workers, journal, command, cases = where
    asked = diagnosis.asked
    processes = cores() if workers is None else workers
    if not asked.travels(cases):
        processes = 0
    lab = Lab(asked, device, journal, processes, command, cases)
    changes = applicable(asked.experiment)
    if plan is None:
        costs = costs_of(asked, changes.values(), device)
        plan = made(allowed, lab.timed(), asked.epochs, costs, processes)
    diagnosis.after = after = lab.look(plan)
    untold = after.fits or (asked.beyond and after.trained < asked.goal)
    diagnosis.during = [] if untold else [*found(TRAINED, after)]
    told(words.trained(after, diagnosis.during))
    if after.fits:
        return
    diagnosis.plan = plan
    remedies = [key for each in diagnosis.before for key in each.remedies]
    diagnosis.rows = lab.search(plan, changes, remedies, say)
    told(words.would_fit(diagnosis))


def _write(diagnosis: Diagnosis, data: str) -> None:
    """The script of the setting as it is, and with the best change."""
    asked, best = diagnosis.asked, diagnosis.remedy
    settings = [asked.experiment, *([] if best is None else [best.experiment])]
    if not any(unwritten(each) for each in settings):
        texts = [script(each, asked.epochs, data) for each in settings]
        diagnosis.script = (texts[0], texts[1] if len(texts) > 1 else "")
