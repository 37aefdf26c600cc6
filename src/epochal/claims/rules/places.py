"""At which points errors are measured, and where nobody knows what they are."""

from collections.abc import Iterable, Iterator

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment, Experiments
from epochal.experiments.tables import Table

__all__ = ["check_between", "remarks"]


def check_between(experiments: Experiments, arms: Iterable[str]) -> None:
    """Raises `SpecError` if a rule asks what the target is between the points of a table."""
    for arm in arms:
        target = experiments[arm].target
        if isinstance(target, Table):
            rule = f"on the evaluation grid the target of {target} is not known"
            step = 'ask for errors at its points: on="training", held out or not'
            raise SpecError("rule", arm, rule, step)


def remarks(rule: object, experiments: Experiments) -> list[str]:
    """What a reader should know about the points on which errors are measured."""
    on = getattr(getattr(rule, "of", rule), "on", "training")
    settings = [each for each in experiments.values() if isinstance(each, Experiment)]
    return list(dict.fromkeys(remark for each in settings for remark in _remarks(each, on)))


def _remarks(setting: Experiment, on: str) -> Iterator[str]:
    if setting.noise:
        yield f"training sees {setting.noise}; errors are measured without it"
    if isinstance(setting.target, Table):
        held, rows = setting.target.held, setting.target.shape[0]
        drawn = "" if isinstance(setting.target.held_out, tuple) else ", drawn by the seed"
        yield (
            f"errors are measured on {held} of {rows} rows, which are held out{drawn}"
            if held
            else "errors are measured on the training rows"
        )
    if on == "probe" and setting.probe_inputs is not None:
        yield f"errors are measured on {setting.probe_inputs}; training uses {setting.inputs}"
