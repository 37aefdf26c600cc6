"""`Runs` of one seed as bytes and back; each carries a hash, so that damage cannot pass as data."""

import hashlib
import io
from dataclasses import fields
from typing import Any

import numpy as np

from epochal.experiments.runs import Runs

__all__ = ["pack", "seal", "unpack", "unseal"]

HASH_BYTES = 32
TEXTS, FLAGS = ("experiment", "engine", "device"), ("evaluated",)


def pack(runs: Runs) -> bytes:
    """All of ``runs`` but its states."""
    buffer = io.BytesIO()
    held: dict[str, Any] = {
        each.name: np.asarray(getattr(runs, each.name))
        for each in fields(Runs)
        if each.name != "states"
    }
    np.savez(buffer, allow_pickle=False, **held)
    return seal(buffer.getvalue())


def unpack(blob: bytes, states: tuple[bytes, ...] = ()) -> Runs:
    """What `pack` was given; raises `ValueError` if the bytes were damaged."""
    with np.load(io.BytesIO(unseal(blob))) as stored:
        held: dict[str, Any] = dict(stored)
    factor = held.pop("mse_factor", None)  # of which, with the loss, older rows have their error
    if factor is not None:
        held["mse"] = held["loss"].astype(np.float64) * float(factor)
    held |= {name: str(held[name]) for name in TEXTS}
    held |= {name: bool(held[name]) for name in FLAGS if name in held}
    return Runs(**held, states=states)


def seal(payload: bytes) -> bytes:
    """``payload`` behind its hash."""
    return hashlib.sha256(payload).digest() + payload


def unseal(blob: bytes) -> bytes:
    """What was sealed; raises `ValueError` if it was damaged.

    >>> unseal(seal(b"weights"))
    b'weights'
    >>> unseal(seal(b"weights")[:-1] + b"z")
    Traceback (most recent call last):
    ValueError: its bytes do not match their hash
    """
    payload = blob[HASH_BYTES:]
    if hashlib.sha256(payload).digest() != blob[:HASH_BYTES]:
        raise ValueError("its bytes do not match their hash")
    return payload
