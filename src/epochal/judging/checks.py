"""Whether the settings of a case can be trained, before anything trains."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from epochal.claims.case import Case
from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.training.checks import check, check_moves
from epochal.training.dry_run import dry_run, has_named_loss, has_own_code

__all__ = ["check_case", "named"]


def check_case(case: Case, trained: Collection[str], devices: Sequence[str]) -> None:
    """Raise `SpecError` if a setting of ``case`` cannot be trained.

    Args:
        case: what is asked for.
        trained: digests of settings that have a run, and are known to train.
        devices: those of this machine that will train it.
    """
    for name, experiment in case.experiments.items():
        with named(case, name):
            if isinstance(experiment, Experiment):
                check(experiment, has_run=experiment.digest in trained)
            if has_own_code(experiment) or has_named_loss(experiment):
                dry_run(experiment)
            for device in devices:
                check_moves(experiment, device)


@contextmanager
def named(case: Case, name: str) -> Iterator[None]:
    """Errors of this block name the claim and the experiment."""
    try:
        yield
    except SpecError as error:
        raise error.under(f"{case.claim.place} {case.claim.id}.{name}") from error
