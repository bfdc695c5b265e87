"""Command lines as Docker and Vertex AI put them together."""

import json
from pathlib import Path

import pytest

from localgcp.processes.images.resources import Environment, Startup
from localgcp.services.vertex.replicas.replica import ReplicaPlace, command_line, variables
from localgcp.services.vertex.replicas.resources import JobSpec, PythonPackage, WorkerPool

ENVIRONMENT = Environment(
    key="k", python=Path("/env/bin/python"), startup=Startup(entrypoint=("entry",), cmd=("default",))
)


def pool(command: tuple[str, ...] = (), args: tuple[str, ...] = (), package: PythonPackage | None = None) -> WorkerPool:
    return WorkerPool(replica_count=1, image_uri="i", command=command, args=args, env={}, package=package)


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        ((), (), ("entry", "default")),
        ((), ("a",), ("entry", "a")),
        (("c",), (), ("c",)),
        (("c",), ("a",), ("c", "a")),
    ],
)
def test_command_and_args_replace_entrypoint_and_cmd(
    command: tuple[str, ...], args: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert command_line(pool(command, args), ENVIRONMENT, {}) == expected


def test_parameters_follow_the_args() -> None:
    line = command_line(pool(args=("--fixed",)), ENVIRONMENT, {"depth": "6", "rate": "0.1"})
    assert line == ("entry", "--fixed", "--depth=6", "--rate=0.1")


def test_python_package_runs_its_module() -> None:
    package = PythonPackage(uris=("gs://b/p.tar.gz",), module="trainer.task")
    assert command_line(pool(args=("--x",), package=package), ENVIRONMENT, {}) == (
        "python",
        "-m",
        "trainer.task",
        "--x",
    )


@pytest.mark.parametrize(("threads", "slots"), [(None, 1), ("1", 1), ("4", 4), ("many", 1), ("0", 1)])
def test_replica_takes_the_threads_it_asks_for(threads: str | None, slots: int) -> None:
    env = {} if threads is None else {"OMP_NUM_THREADS": threads}
    assert WorkerPool(replica_count=1, image_uri="i", command=(), args=(), env=env).slots == slots


def test_cluster_names_pools_by_their_number(tmp_path: Path) -> None:
    spec = JobSpec(pools=(pool(),), base_output_uri="", timeout_s=1)
    place = ReplicaPlace(job_id="1", pool=2, index=0, cwd=tmp_path, addresses={0: ["a:1"], 2: ["b:2"]})
    found = variables(spec, pool(), ENVIRONMENT, place, {})
    assert json.loads(found["CLUSTER_SPEC"])["job"] == "{}"
    assert json.loads(found["CLUSTER_SPEC"])["cluster"] == {"workerpool0": ["a:1"], "workerpool2": ["b:2"]}
    assert json.loads(found["TF_CONFIG"])["cluster"] == {"chief": ["a:1"], "ps": ["b:2"]}
    assert json.loads(found["TF_CONFIG"])["task"] == {"type": "ps", "index": 0}
