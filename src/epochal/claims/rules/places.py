"""At which points errors are measured, and where nobody knows what they are."""

from collections.abc import Iterable, Iterator

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.labels import Labels
from epochal.experiments.own_loop import Experiments
from epochal.experiments.tables import table_of
from epochal.experiments.vectors import outputs_of

__all__ = ["check_between", "check_values", "remarks"]


def check_between(experiments: Experiments, arms: Iterable[str]) -> None:
    """Raises `SpecError` if a rule asks what the target is between the points of a table."""
    for arm in arms:
        target = table_of(experiments[arm].target)
        if target is not None:
            rule = f"on the evaluation grid the target of {target} is not known"
            step = 'ask for errors at its points: on="training", held out or not'
            raise SpecError("rule", arm, rule, step)


def check_values(experiments: Experiments, arm: str, output: int | None = None) -> None:
    """Raises `SpecError` if a setting's target is no number, or has no such ``output``."""
    target = experiments[arm].target
    if isinstance(target, Labels):
        rule = f"the target is {target.count} classes, and an error of classes is an error rate"
        raise SpecError("rule", arm, rule, "ask for error_rate()")
    if output is not None and output >= (outputs := outputs_of(target)):
        rule = f"the target has {outputs} output{'s' * (outputs > 1)}"
        step = f"name one from 0 to {outputs - 1}" if outputs > 1 else "leave it out"
        raise SpecError("quantity.output", output, rule, step)


def remarks(rule: object, experiments: Experiments) -> list[str]:
    """What a reader should know about the points on which errors are measured."""
    on = getattr(getattr(rule, "of", rule), "on", "training")
    settings = [each for each in experiments.values() if isinstance(each, Experiment)]
    return list(dict.fromkeys(remark for each in settings for remark in _remarks(each, on)))


def _remarks(setting: Experiment, on: str) -> Iterator[str]:
    if setting.noise:
        yield f"training sees {setting.noise}; errors are measured without it"
    table = table_of(setting.target)
    if table is not None and (table.held or not isinstance(setting.target, Labels)):
        held, rows = table.held, table.shape[0]
        drawn = "" if isinstance(table.held_out, tuple) else ", drawn by the seed"
        if isinstance(setting.target, Labels):
            yield f"{held} of {rows} rows are held out{drawn}"
        elif held:
            yield f"errors are measured on {held} of {rows} rows, which are held out{drawn}"
        else:
            yield "errors are measured on the training rows"
    if on == "probe" and setting.probe_inputs is not None:
        yield f"errors are measured on {setting.probe_inputs}; training uses {setting.inputs}"
