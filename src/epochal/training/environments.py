"""The environment in which a setting is trained on a device by today's code."""

from collections.abc import Callable, Mapping

from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import ModuleNet
from epochal.experiments.own_loop import Training
from epochal.identity.environment import Environment, observe
from epochal.training.dry_run import dry_run
from epochal.training.engines.choice import choose, facts
from epochal.training.variants import Variant

__all__ = ["Environments", "Observe", "measured_in"]

Observe = Callable[[str, Mapping[str, str]], Environment]
"""Gives the environment of a device and an engine's facts."""

Environments = Callable[[Experiment | Training, str], Environment]
"""Gives the environment in which a setting is trained on a device."""


def measured_in(
    experiment: Experiment | Training,
    device: str,
    engine: str = "auto",
    observe: Observe = observe,
    variant: Variant | None = None,
) -> Environment:
    """The environment in which ``experiment`` is trained on ``device`` by today's code.

    The name of a ``variant`` is a fact of it like any other.
    """
    chosen = choose(experiment, device, engine)
    own_facts = facts(chosen, experiment) | ({"variant": variant.name} if variant else {})
    if isinstance(experiment, Experiment) and isinstance(experiment.net, ModuleNet):
        own_facts |= {"own net": dry_run(experiment).digest}
    return observe(device, own_facts)
