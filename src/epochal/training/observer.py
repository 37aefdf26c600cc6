"""The seam of the reference loop: what clocks, engines and mutants may observe of it."""

from collections.abc import Callable
from typing import Any

__all__ = ["Observer", "SeedTraining"]

SeedTraining = Any
"""The `epochal.training.engines.reference.SeedTraining` that is observed."""


class Observer:
    """Observe the training of one seed; this one changes nothing.

    Subclasses override what they need. `on_epoch` and `on_update` wrap a step: whoever does not
    call ``step`` leaves it out.

    >>> from epochal import MLP, Experiment, Line, Observer, Optimizer, Sine, train
    >>> class Norms(Observer):
    ...     found = []
    ...     def on_update(self, training, step):
    ...         step()
    ...         weights = training.net.parameters()
    ...         self.found.append(sum(float(each.detach().square().sum()) for each in weights))
    >>> tiny = Experiment(
    ...     inputs=Line(low=-1, high=1, points=20),
    ...     target=Sine(2),
    ...     net=MLP(widths=(8,)),
    ...     optimizer=Optimizer("SGD", lr=0.1),
    ... )
    >>> norms = Norms()
    >>> _ = train(tiny, [44], epochs=5, observer=norms, quiet=True)
    >>> len(norms.found)
    5
    """

    def on_begin(self, training: SeedTraining) -> None:
        """Called when data, net and optimizer are made, before a stored state is loaded."""

    def on_epoch(self, training: SeedTraining, step: Callable[[], None]) -> None:
        """Called for every epoch, with its measurements."""
        step()

    def on_update(self, training: SeedTraining, step: Callable[[], None]) -> None:
        """Called for every batch: forward pass, gradients, optimizer step.

        Not called for an optimizer that takes a closure, such as LBFGS.
        """
        step()
