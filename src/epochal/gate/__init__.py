"""The gate: what is compared with the committed baseline."""
