"""Devices that are asked for: which are taken, and what is said of one that is not there."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import ModuleNet, Training, train
from epochal.errors import DeviceError, DeviceFault, DeviceFull, SpecError
from epochal.experiments.data import Data
from epochal.identity import accelerators, environment
from epochal.identity.accelerators import Accelerator, Detected
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit
from epochal.training import devices, faults, workers
from epochal.training.devices import resolve
from epochal.training.job import Job
from epochal_testing import pretend
from epochal_testing.settings import TINY

H100, A100 = {"gpu": "H100"}, {"gpu": "A100"}
OLD = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). "
    "Please update your GPU driver (Triggered internally at x.cpp:1.)"
)

pretend.register()

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Makes this a machine with these GPUs, as torch would see them."""

    def made(
        *gpus: Accelerator, kinds: Sequence[str] = ("cuda",), warnings: Sequence[str] = ()
    ) -> None:
        seen = Detected(gpus, "2.99.0", tuple(kinds), tuple(warnings))
        for module in (devices, environment):
            monkeypatch.setattr(module, "detected", lambda: seen)

    return made


def gpu(number: int, facts: dict[str, str] = H100, problem: str = "") -> Accelerator:
    return Accelerator(f"cuda:{number}", facts["gpu"], facts, problem)


def refused(name: str) -> str:
    with pytest.raises(DeviceError) as caught:
        resolve([name])
    [line] = str(caught.value).splitlines()
    return line


# ------------------------------------------------------------------------------ what is taken


def test_gpus_that_are_equal_share_the_work_of_one_device(machine: Machine) -> None:
    machine(gpu(0), gpu(1), gpu(2, A100), gpu(3))
    every = ("cuda:0", "cuda:1", "cuda:3")
    assert resolve(["cuda"]) == {"cuda:0": every}
    assert resolve(["auto"]) == {"cuda:0": every}
    assert resolve(["all"]) == {"cpu": ("cpu",), "cuda:0": every, "cuda:2": ("cuda:2",)}
    assert resolve(["cuda:3", "cpu", "cuda:1"]) == {
        "cuda:3": ("cuda:3", "cuda:1"),
        "cpu": ("cpu",),
    }


def test_a_gpu_without_kernels_is_left_out_unless_it_is_named(machine: Machine) -> None:
    machine(gpu(0, problem="no kernel image is available"), gpu(1, A100))
    assert resolve(["auto"]) == {"cuda:1": ("cuda:1",)}
    assert list(resolve(["all"])) == ["cpu", "cuda:1"]
    text = refused("cuda")
    assert "no kernel runs on it (no kernel image is available)" in text
    assert text.endswith("see https://pytorch.org/get-started/locally/")


def test_auto_and_all_fall_back_to_the_cpu(machine: Machine) -> None:
    machine(gpu(0, problem="no kernel image is available"))
    assert list(resolve(["auto"])) == list(resolve(["all"])) == ["cpu"]
    machine()
    assert list(resolve(["auto"])) == list(resolve(["all"])) == ["cpu"]


def test_an_xpu_is_taken_as_cuda_is(machine: Machine) -> None:
    machine(Accelerator("xpu:0", "Max 1550", {"gpu": "Max 1550"}), kinds=["xpu"])
    assert resolve(["xpu"]) == {"xpu:0": ("xpu:0",)}
    assert list(resolve(["all"])) == ["cpu", "xpu:0"]


# -------------------------------------------------------------------------------- what is said


def test_a_device_that_is_not_there_is_refused_in_one_line(machine: Machine) -> None:
    machine(kinds=[])
    assert "torch 2.99.0 was built without CUDA; install a build with it" in refused("cuda")
    machine()
    assert "sees none; check nvidia-smi (or rocm-smi) and CUDA_VISIBLE_DEVICES" in refused("cuda")
    machine(gpu(0), gpu(1))
    assert "this machine has 2 that torch sees; choose one of cuda:0, cuda:1" in refused("cuda:2")
    assert "no such device; choose one of cpu, cuda, cuda:N, xpu" in refused("gpu")


def test_a_driver_that_is_too_old_is_named_with_the_table_of_drivers(machine: Machine) -> None:
    machine(warnings=[OLD])
    text = refused("cuda")
    assert "is too old (found version 11040)" in text
    assert "Triggered" not in text
    assert "https://docs.nvidia.com/deploy/cuda-compatibility/" in text


def test_a_mere_warning_ends_nothing(machine: Machine) -> None:
    machine(gpu(0), warnings=["The pynvml package is deprecated."])
    assert list(resolve(["cuda"])) == ["cuda:0"]
    recorded = environment.record(Path(), ["cuda:0"])
    assert recorded["device warnings"] == "The pynvml package is deprecated."
    assert "device warnings" not in environment.record(Path(), ["cpu"])


def test_mps_is_answered_with_what_it_lacks() -> None:
    text = refused("mps")
    assert "neither float64 nor deterministic kernels" in text
    assert "--device cpu" in text


def test_train_resolves_names_as_the_command_line_does(machine: Machine) -> None:
    machine()
    assert train(TINY, [0], "auto", 1).device.startswith("cpu (")
    with pytest.raises(DeviceError, match="sees none"):
        train(TINY, [0], "cuda", 1)
    machine(gpu(0))
    with pytest.raises(SpecError, match="these are 2 devices"):
        train(TINY, [0], "all", 1)


# --------------------------------------------------------------------------- how they are found


def test_a_child_looks_for_them_and_this_process_has_no_context() -> None:
    code = (
        "from epochal.identity.accelerators import detected; import sys\n"
        "print(detected().torch, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(torch.__version__), "False"]


def test_facts_are_all_that_can_change_a_bit() -> None:
    with pretend.pretending():
        [found] = accelerators.detect().of(pretend.KIND)
    assert found == Accelerator("pretend:0", "no device", {"gpu": "no device"})


def test_facts_of_a_cuda_gpu_and_of_a_rocm_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    about = SimpleNamespace(
        name="H100", major=9, minor=0, multi_processor_count=132, gcnArchName="gfx"
    )
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: about)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.version, "hip", None, raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91200)
    monkeypatch.setattr(
        accelerators, "_version", lambda name: "12.9.1" if name == "nvidia-cublas-cu12" else ""
    )
    assert accelerators._facts(torch, "cuda", 0) == {
        "gpu": "H100, sm_90, 132 SMs",
        "cuda": "13.0, cuDNN 91200, cuBLAS 12.9.1",
    }
    monkeypatch.setattr(torch.version, "hip", "6.4", raising=False)
    assert accelerators._facts(torch, "cuda", 0)["rocm"] == "6.4, gfx"


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug", "535.104.05"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build",
            "570.86.15",
        ),
    ],
)
def test_the_driver_is_recorded_closed_or_open(
    text: str, driver: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(environment, "_text", lambda path: text if "nvidia" in path else "")
    assert environment.record(tmp_path)["driver"] == driver


def test_a_mac_names_its_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_text", lambda path: "")
    monkeypatch.setattr(sys, "platform", "darwin")
    answer = subprocess.CompletedProcess([], 0, "Apple M4 Max\n")
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: answer)
    assert environment.processor() == "Apple M4 Max"


# ------------------------------------------------------------------------------------- faults


def test_errors_of_a_gpu_are_told_apart() -> None:
    memory = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore.")
    found = faults.full(memory, "cuda:1")
    assert isinstance(found, DeviceFull)
    assert str(found) == (
        "cuda:1 has no room (CUDA out of memory. Tried to allocate 2 GiB.); "
        "free it, or give --workers 1"
    )
    busy = RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable")
    assert isinstance(faults.full(busy, "cuda:0"), DeviceFull)
    own = RuntimeError("these arguments are mutually exclusive, and my pool is out of memory")
    assert faults.full(own, "cuda:0") is None
    fault = RuntimeError("CUDA error: device-side assert triggered")
    assert faults.full(fault, "cuda:0") is None
    assert isinstance(faults.explained(fault, "cuda:0"), DeviceFault)
    assert not isinstance(faults.explained(RuntimeError("a shape"), "cuda:0"), DeviceFault)
    for each in (memory, busy, fault):
        assert faults.full(each, "cpu") is None
        assert not isinstance(faults.explained(each, "cpu"), DeviceFault)


def test_the_traceback_of_an_error_of_a_gpu_is_kept() -> None:
    for text in ("CUDA error: device-side assert triggered", faults.MIXED):
        with pytest.raises(RuntimeError) as caught:
            raise RuntimeError(text)
        assert text in faults.explained(caught.value, "cuda:0").trace[1]


def test_processes_take_equal_gpus_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for place in range(4):
        monkeypatch.setattr(workers._Worker, "place", workers.SLOT * place)
        monkeypatch.setattr(
            workers._Worker, "gpus", {"cuda:0": ("cuda:0", "cuda:2")}, raising=False
        )
        found.append(workers._Worker.device("cuda:0"))
        assert workers._Worker.device("cpu") == "cpu"
    assert found == ["cuda:0", "cuda:2", "cuda:0", "cuda:2"]


@pytest.mark.parametrize(
    ("device", "places"), [("cpu", 20), ("cuda:0", 8), ("cuda:3", 4)], ids=["cpu", "two", "one"]
)
def test_at_most_four_processes_train_on_a_gpu(
    device: str, places: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = []
    gpus = {"cpu": ("cpu",), "cuda:0": ("cuda:0", "cuda:1"), "cuda:3": ("cuda:3",)}
    crew = workers.Workers(20, Journal(tmp_path / "j"), Session(), gpus=gpus)
    monkeypatch.setattr(crew.pool, "submit", lambda number, task, places=None: given.append(places))
    crew.submit(Job(Unit("digest", 0, "key"), TINY, device, 1, "auto"))
    assert given == [places]
    crew.close()


# ------------------------------------------------------------------ nets and loops of one's own


@pytest.fixture
def device() -> Iterator[pretend.Count]:
    with pretend.pretending() as count:
        yield count


class Shifted(nn.Module):
    """A net with a constant that does not move with it."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = torch.ones(1, 3)
        self.first, self.last = nn.Linear(1, 3), nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.last(self.first(x) + self.shift)
        return out


def test_a_tensor_that_is_no_buffer_is_named_before_anything_trains(device: pretend.Count) -> None:
    setting = replace(TINY, net=ModuleNet(factory=Shifted, weights=10))
    train(setting, [0], "cpu", 1)
    with pytest.raises(SpecError) as caught:
        train(setting, [0], "pretend", 1)
    assert "Shifted.shift is neither parameter nor buffer" in str(caught.value)
    assert 'write self.register_buffer("shift", …)' in str(caught.value)


def test_a_mixture_of_devices_names_register_buffer() -> None:
    error = RuntimeError("Expected all tensors to be on the same device, but found two")
    assert "register_buffer" in faults.explained(error, "cuda:0").why
    assert "register_buffer" not in faults.explained(error, "cpu").why


def by_numpy(data: Data, seed: int, device: str) -> Iterator[tuple[float, Any]]:
    while True:
        yield 1.0, lambda features: np.zeros(len(features))


def by_torch(data: Data, seed: int, device: str) -> Iterator[tuple[float, Any]]:
    weight = torch.zeros(1, device=device)
    while True:
        yield float(weight) + 1, lambda features: np.zeros(len(features))


def test_an_own_loop_that_leaves_the_gpu_alone_is_shown_as_run_on_the_cpu(
    device: pretend.Count,
) -> None:
    where = {
        loop: train(
            Training(train=loop, inputs=TINY.inputs, target=TINY.target, flops_an_epoch=1),
            [0],
            "pretend:0",
            3,
        ).device
        for loop in (by_numpy, by_torch)
    }
    assert where[by_numpy].startswith("cpu (")
    assert where[by_torch] == "pretend:0 (no device)"
