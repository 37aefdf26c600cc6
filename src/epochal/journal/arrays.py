"""`Runs` of one seed as bytes and back; each carries a hash, so that damage cannot pass as data.

Arrays are byte-shuffled (all first bytes, then all second ones …) and deflated: the bytes that hold
sign and exponent repeat, and so do the low ones of numbers that were float32 once.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from epochal.experiments.runs import Measurements, Runs

__all__ = ["pack", "seal", "unpack", "unseal"]

HASH_BYTES = 32
TEXTS, FLAGS, NUMBERS = ("experiment", "engine", "device"), ("evaluated",), ("classes",)

MEASURED, EPOCHS = "measured ", "epochs of "
"""Before the name of a measure, of what it gave and of the epochs at which it did."""

MAGIC = b"runs2\0"
"""How packed runs begin."""

LEVEL = 6


def pack(runs: Runs) -> bytes:
    """All of ``runs`` but its states."""
    entries: list[tuple[str, str, list[int], int]] = []
    parts = []
    for name, array in _arrays(runs):
        parts.append(zlib.compress(_shuffled(array), LEVEL))
        entries.append((name, array.dtype.str, list(array.shape), len(parts[-1])))
    header = json.dumps(entries).encode()
    return seal(b"".join([MAGIC, len(header).to_bytes(4, "big"), header, *parts]))


def unpack(blob: bytes, states: tuple[bytes, ...] = ()) -> Runs:
    """What `pack` was given; raises `ValueError` if the bytes were damaged."""
    payload = unseal(blob)
    if not payload.startswith(MAGIC):
        raise ValueError("an older epochal stored it, in a form that is not read any more")
    held = _read(payload)
    held |= {name: str(held[name]) for name in TEXTS}
    held |= {name: bool(held[name]) for name in FLAGS if name in held}
    held |= {name: int(held[name]) for name in NUMBERS if name in held}
    names = [each.removeprefix(MEASURED) for each in held if each.startswith(MEASURED)]
    measured = {
        name: Measurements(held.pop(EPOCHS + name), held.pop(MEASURED + name)) for name in names
    }
    return Runs(**held, states=states, measured=measured)


def _arrays(runs: Runs) -> "Iterator[tuple[str, np.ndarray[Any, Any]]]":
    """Everything that is stored, by name."""
    for each in fields(Runs):
        if each.name not in ("states", "measured"):
            yield each.name, np.asarray(getattr(runs, each.name))
    for name, taken in runs.measured.items():
        yield MEASURED + name, taken.values
        yield EPOCHS + name, taken.epochs


def _read(payload: bytes) -> dict[str, Any]:
    start = len(MAGIC) + 4
    end = start + int.from_bytes(payload[len(MAGIC) : start], "big")
    found: dict[str, Any] = {}
    for name, dtype, shape, size in json.loads(payload[start:end]):
        found[name] = _ordered(zlib.decompress(payload[end : end + size]), dtype, shape)
        end += size
    return found


def _shuffled(array: "np.ndarray[Any, Any]") -> bytes:
    flat = np.frombuffer(array.tobytes(), "u1")
    return flat.reshape(-1, max(1, array.dtype.itemsize)).T.tobytes()


def _ordered(flat: bytes, dtype: str, shape: list[int]) -> "np.ndarray[Any, Any]":
    kind = np.dtype(dtype)
    if not flat:
        return np.empty(shape, kind)
    bytes_ = np.frombuffer(flat, "u1").reshape(max(1, kind.itemsize), -1).T.tobytes()
    return np.frombuffer(bytearray(bytes_), kind).reshape(shape)


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
