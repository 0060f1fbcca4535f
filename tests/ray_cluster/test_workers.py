"""What comes back from the workers of a cluster, also from those that die."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from ray import cloudpickle

from featsel.core.engine import Cluster
from featsel.core.errors import ConfigError, DataError, MissingColumnError
from featsel.engines import ray_cluster
from featsel.engines.ray_cluster import Proof, Tree, workers_of

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def lost() -> None:
    raise MissingColumnError("adId", available=["ad_id"])


def divide() -> float:
    return 1 / 0


def numbers(n: int):
    yield from range(n)


def die_once(marker: str) -> str:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "again"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def listed(parts):
    return [entry for part in parts for entry in (part if isinstance(part, list) else [part])]


def test_errors_arrive_as_they_were_raised(workers):
    with pytest.raises(MissingColumnError, match="column 'adId' is not in the log") as found:
        workers.get(workers.submit(lost))
    assert found.value.hint == "Did you mean 'ad_id'?"
    assert found.value.name == "adId"


def test_a_task_whose_worker_is_killed_runs_again_and_nothing_is_printed(workers, tmp_path, capfd):
    assert workers.get(workers.submit(die_once, str(tmp_path / "marker"))) == "again"
    time.sleep(1)  # Ray tells of a death in a thread of its own
    assert capfd.readouterr() == ("", "")


def test_a_task_that_kills_every_worker_is_an_error_and_not_a_traceback(workers, monkeypatch):
    monkeypatch.setattr(ray_cluster, "RETRIES", 0)
    with pytest.raises(DataError, match="work on the Ray cluster died 1 times") as found:
        workers.get(workers.submit(die))
    assert "--memory-limit" in str(found.value.hint)


def test_results_come_in_the_order_of_the_tasks(workers):
    submitted = []

    def submit(index):
        submitted.append(index)
        return workers.submit(numbers, index + 2, n_results=index + 2)

    lasts = []
    for references in workers.in_order(submit, 9):
        lasts.append(workers.get(references[-1]))
        assert len(submitted) <= len(lasts) + ray_cluster.IN_FLIGHT * workers.n_workers
    assert lasts == [index + 1 for index in range(9)]


@pytest.mark.parametrize("n_parts", [1, 7, 8, 9, 70])
def test_a_tree_merges_everything_once(workers, n_parts):
    tree = Tree(workers, listed)
    for index in range(n_parts):
        tree.add(workers.keep(index))
        assert all(len(level) < ray_cluster.FAN_IN for level in tree._levels)
    found = workers.get(tree.result())
    assert sorted(found if isinstance(found, list) else [found]) == list(range(n_parts))


def test_workers_that_hash_otherwise_are_refused():
    here = Proof.here()
    here.check()
    with pytest.raises(ConfigError, match=r"runs featsel .* with polars .*, and this machine .* polars 1.0"):
        Proof(here.featsel, "1.0", here.keys).check()
    with pytest.raises(ConfigError, match="they hash values differently") as found:
        Proof(here.featsel, here.polars, (1, 2)).check()
    assert "same versions on all machines" in str(found.value.hint)


def test_without_ray_one_line_says_how_to_get_it(cluster, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match="needs Ray, which is not installed") as found:
        workers_of(cluster)
    assert found.value.hint == "pip install 'featsel[ray]'."


def test_a_bug_on_a_worker_is_the_bug_that_it_would_be_here(workers):
    with pytest.raises(ZeroDivisionError):
        workers.get(workers.submit(divide))


def test_an_address_where_nothing_answers_is_named_at_once(monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(
        ConfigError, match=r"--ray-address '127.0.0.1:1': no Ray cluster answers: .*refused"
    ) as found:
        workers_of(Cluster("127.0.0.1:1", 2, 1 << 30))
    assert "ray start --head" in str(found.value.hint)
    assert "RAY_AUTH_TOKEN" in str(found.value.hint)


def test_a_cluster_that_does_not_start_here_is_told_of(monkeypatch):
    import ray

    def refuse(**options):
        raise RuntimeError(f"no room for {options['num_cpus']} workers\nmore")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(ConfigError, match=r"--engine ray: Ray does not start here: no room for 2 workers$"):
        workers_of(Cluster(None, 2, 1 << 30))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
def test_a_command_leaves_no_process_of_its_cluster(tmp_path):
    pl.DataFrame({"label": [0, 1] * 50, "a": list("ab") * 50}).write_parquet(tmp_path / "log.parquet")
    mark = {"FEATSEL_TEST_RUN": tmp_path.name}
    command = [sys.executable, "-m", "featsel", "rank", str(tmp_path / "log.parquet")]
    ended = subprocess.run(
        [*command, "--engine", "ray", "--threads", "1", "--quiet"],
        env=os.environ | mark,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("name\t")
    for _ in range(100):
        left = with_mark(f"FEATSEL_TEST_RUN={tmp_path.name}".encode())
        if not left:
            break
        time.sleep(0.1)
    assert left == []


def with_mark(mark: bytes) -> list[str]:
    """Processes that inherited a variable."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append(folder.name)
    return found
