"""A pool of processes: what comes back, what a death costs, and that nothing is left behind."""

import gc
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import resource_tracker
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from epochal.errors import BrokenRun, DeviceFault, DeviceFull, Interrupted
from epochal.training.answer import Answer
from epochal.training.deaths import how_it_died, memory_kills
from epochal.training.inline import Inline
from epochal.training.pool import Died, Pool
from epochal_testing import work

LONG = 300.0
"""Seconds after which something hangs."""


class Tasks:
    """A pool, and the next task's number."""

    def __init__(self, count: int, begin: Callable[..., Any] = work.begin) -> None:
        self.left: list[int] = []
        self.pool = Pool(count, begin, (), self.left.append)
        self.number = 0

    def give(self, what: str, value: object = None) -> Answer[Any]:
        self.number += 1
        return self.pool.submit(self.number, (what, value))

    def get(self, what: str, value: object = None) -> Any:
        return self.give(what, value).result(LONG)


Make = Callable[..., Tasks]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes pools, which are closed again; no process and no descriptor is left."""
    made: list[Tasks] = []

    def one(*arguments: Any) -> Tasks:
        made.append(Tasks(*arguments))
        return made[-1]

    resource_tracker.ensure_running()  # which stays, with a pipe of its own
    before = descriptors()
    yield one
    for each in made:
        each.pool.close()
    assert multiprocessing.active_children() == []
    assert descriptors() <= before


def descriptors() -> set[str]:
    """Open pipes, sockets and files of this process, by number and name."""
    found, folder = set(), Path("/proc/self/fd")
    for each in folder.iterdir() if folder.exists() else ():
        try:
            found.add(f"{each.name} {os.readlink(each)}")
        except OSError:  # that of the listing itself
            continue
    return {each for each in found if "pipe:" in each or "socket:" in each}


def test_answers_come_back_whatever_they_are(make: Make) -> None:
    tasks = make(2)
    given = [tasks.give("echo", value) for value in (1, "two", None, b"x" * 10**6, [3.5])]
    assert [each.result(LONG) for each in given] == [1, "two", None, b"x" * 10**6, [3.5]]


def test_a_tasks_own_error_is_that_of_its_future(make: Make) -> None:
    tasks = make(1)
    with pytest.raises(ValueError, match="no thing"):
        tasks.get("fail", "thing")
    with pytest.raises(BrokenRun, match="Foreign: 1 and 2"):
        tasks.get("fail foreign")
    assert tasks.get("echo", 1) == 1
    assert tasks.left == []


def test_processes_are_started_when_there_is_something_to_do(make: Make) -> None:
    tasks = make(3)
    assert multiprocessing.active_children() == []
    assert [tasks.get("place") for _ in range(3)] == [0, 0, 0]
    assert len(multiprocessing.active_children()) == 1
    given = [tasks.give("sleep", 0.5) for _ in range(6)]
    assert len({each.result(LONG) for each in given}) > 1
    assert len(multiprocessing.active_children()) <= 3


def test_what_cannot_be_sent_is_told_at_once(make: Make) -> None:
    tasks = make(1)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        tasks.give("echo", lambda: None)
    assert tasks.get("echo", 1) == 1


@pytest.mark.parametrize(
    ("what", "value", "told"),
    [
        ("die", signal.SIGSEGV, "by signal SIGSEGV"),
        ("die", signal.SIGKILL, "by signal SIGKILL, often out of memory"),
        ("exit", 3, "with exit code 3"),
        ("cut short", None, "with exit code 5"),
    ],
)
def test_the_third_death_over_a_task_breaks_it_and_no_other(
    make: Make, what: str, value: object, told: str
) -> None:
    tasks = make(2)
    before = [tasks.give("echo", number) for number in range(3)]
    deadly = tasks.give(what, value)
    after = [tasks.give("echo", number) for number in range(3, 9)]
    with pytest.raises(Died) as found:
        deadly.result(LONG)
    assert found.value.why == f"a worker died 3 times on it, the last time {told}"
    assert [each.result(LONG) for each in before + after] == list(range(9))
    assert len(tasks.left) == 3


def test_two_deadly_tasks_at_once_are_charged_apart(make: Make) -> None:
    tasks = make(2)
    deadly = [tasks.give("exit", code) for code in (3, 4)]
    others = [tasks.give("echo", number) for number in range(4)]
    for code, each in zip((3, 4), deadly, strict=True):
        with pytest.raises(Died, match=f"3 times on it, the last time with exit code {code}"):
            each.result(LONG)
    assert [each.result(LONG) for each in others] == [0, 1, 2, 3]
    assert len(tasks.left) == 6


def test_a_death_between_two_tasks_is_charged_to_none(make: Make) -> None:
    tasks = make(1)
    for deaths in range(1, 5):
        tasks.get("die later", 0.5)
        end = time.monotonic() + LONG
        while len(tasks.left) < deaths and time.monotonic() < end:
            time.sleep(0.01)
        assert tasks.get("echo", 1) == 1
    assert len(tasks.left) == 4


def test_what_a_process_cannot_begin_with_breaks_what_waits_with_that_error(make: Make) -> None:
    tasks = make(2, work.begin_wrongly)
    for _ in range(2):
        given = [tasks.give("echo", number) for number in range(3)]
        for each in given:
            with pytest.raises(LookupError, match="no such folder"):
                each.result(LONG)


def test_processes_that_die_before_they_are_ready_do_not_go_on_for_ever(make: Make) -> None:
    tasks = make(2, work.begin_dying)
    told = "a worker died with exit code 4 before it started a task"
    for each in [tasks.give("echo", number) for number in range(3)]:
        with pytest.raises(BrokenRun, match=told):
            each.result(LONG)


def test_a_task_goes_only_to_the_places_that_it_may_have(make: Make) -> None:
    tasks = make(3)
    limited = [tasks.pool.submit(number, ("place", None), 1) for number in range(100, 108)]
    assert {each.result(LONG) for each in limited} == {0}
    free = [tasks.pool.submit(number, ("sleep", 0.2)) for number in range(200, 206)]
    assert len({each.result(LONG) for each in free}) > 1


def test_a_task_without_room_is_tried_again_with_fewer_processes(make: Make) -> None:
    tasks = make(3)
    given = [tasks.pool.submit(number, ("fill", 1), 3) for number in range(100, 106)]
    assert {each.result(LONG) for each in given} == {2}
    assert tasks.pool.deaths == {}


def test_a_task_without_room_anywhere_fails_and_others_are_still_tried(make: Make) -> None:
    tasks = make(3)
    given = [tasks.pool.submit(number, ("fill", 0), 3) for number in range(100, 104)]
    for each in given:
        with pytest.raises(DeviceFull, match="no room"):
            each.result(LONG)
    assert tasks.pool.submit(110, ("echo", 5), 3).result(LONG) == 5
    assert tasks.get("echo", 6) == 6


def test_a_process_that_lost_its_gpu_is_replaced(make: Make) -> None:
    tasks = make(1)
    before = tasks.get("process")
    with pytest.raises(DeviceFault, match="device-side assert"):
        tasks.get("fault")
    assert tasks.get("process") != before
    assert tasks.pool.deaths == {}


def test_a_closed_pool_drops_what_it_holds_and_takes_nothing_more(make: Make) -> None:
    tasks = make(1)
    tasks.get("echo", 1)
    given = [tasks.give("sleep", LONG), tasks.give("echo", 1)]
    tasks.pool.close()
    tasks.pool.close()
    for each in [*given, tasks.give("echo", 2)]:
        with pytest.raises(Interrupted, match="the workers were stopped"):
            each.result(LONG)


def test_a_pool_that_was_never_used_can_be_closed(make: Make) -> None:
    make(4)


V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"
V2 = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"


@pytest.mark.parametrize(
    ("own", "file", "text", "count"),
    [
        ("0::/user/me\n", "user/me/memory.events", V2, 2),
        ("0::/docker/abc\n", "memory.events", V2, 2),
        ("5:memory:/job\n0::/\n", "memory/job/memory.oom_control", V1, 4),
        ("5:memory:/docker/abc\n", "memory/memory.oom_control", V1, 4),
        ("3:cpu:/job\n", "memory.events", V2, None),
        ("0::/user/me\n", "elsewhere", V2, None),
        ("0::/user/me\n", "memory.events", "no such words here\n", None),
    ],
)
def test_the_cgroup_tells_how_many_were_killed_for_memory(
    tmp_path: Path, own: str, file: str, text: str, count: int | None
) -> None:
    (tmp_path / "own").write_text(own)
    path = tmp_path / "groups" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert memory_kills(tmp_path / "own", tmp_path / "groups") == count
    assert memory_kills(tmp_path / "none", tmp_path / "groups") is None


@pytest.mark.parametrize(
    ("code", "ran_out", "told"),
    [
        (-9, True, "out of memory"),
        (-9, False, "by signal SIGKILL, often out of memory"),
        (137, True, "out of memory"),
        (137, False, "with exit code 137, often out of memory"),
        (-11, True, "by signal SIGSEGV"),
        (-250, False, "by signal 250"),
        (1, True, "with exit code 1"),
    ],
)
def test_a_death_is_told_in_words(code: int, ran_out: bool, told: str) -> None:
    assert how_it_died(code, ran_out) == told


def test_without_processes_tasks_are_done_in_their_order_when_somebody_waits() -> None:
    done: list[object] = []

    def work(task: object) -> object:
        done.append(task)
        if task == "bad":
            raise ValueError(task)
        return task

    inline = Inline(work)
    futures = [inline.submit(number, task) for number, task in enumerate(("a", "bad", "c", "d"))]
    assert done == []
    assert inline.wait(futures[2], seconds=0)
    assert done == ["a", "bad", "c"]
    assert [futures[0].result(), futures[2].result()] == ["a", "c"]
    assert isinstance(futures[1].exception(), ValueError)
    inline.close()
    assert isinstance(futures[3].exception(), Interrupted)


def test_a_task_that_is_interrupted_here_leaves_nobody_waiting() -> None:
    def work(task: object) -> object:
        raise KeyboardInterrupt

    inline = Inline(work)
    future = inline.submit(1, "a")
    with pytest.raises(KeyboardInterrupt):
        inline.wait(future)
    assert isinstance(future.exception(), Interrupted)


def interrupted_at(step: int, wait: Callable[[], object]) -> bool:
    """Calls ``wait`` and raises KeyboardInterrupt before its opcode ``step``; False if it ended."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == step:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    gc.disable()  # what a collection calls would swallow the interrupt
    sys.settrace(trace)
    try:
        wait()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        gc.enable()
    return False


def test_ctrl_c_at_any_step_of_a_wait_never_locks_out_the_thread_that_answers() -> None:
    for step in itertools.count(1):
        answer = Answer[int]()
        reached = interrupted_at(step, partial(answer.wait, seconds=0.001))
        thread = threading.Thread(target=answer.set_result, args=(step,), daemon=True)
        thread.start()
        thread.join(LONG)
        assert answer.wait(seconds=0), f"locked by an interrupt at step {step}"
        if not reached:
            break
    assert step > 10
