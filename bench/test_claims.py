"""Every claim, on every device that was asked for: one test each."""

from epochal.plugin.bench import test_claim as test_claim
