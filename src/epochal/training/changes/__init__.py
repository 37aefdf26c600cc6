"""Changes of the stock loop that the gate is tried on: small faults, and benign changes.

They act below an experiment's digest, in what is drawn, built and stepped, and are for that trial
alone. Each declares what should notice it, which was written before the first run. Begin with
`change`, then `drawn`, `built`, `stepped`, `benign`; `known` has them all.
"""
