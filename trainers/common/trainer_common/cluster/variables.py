"""Read the place of this process from `CLUSTER_SPEC` or `TF_CONFIG`.

Vertex AI sets both. `CLUSTER_SPEC` names the worker pools of the job:

    {"cluster": {"workerpool0": ["host-a:2222"], "workerpool1": ["host-b:2222", "host-c:2222"]},
     "task": {"type": "workerpool1", "index": 0, "trial": "3"}, "environment": "cloud", "job": "{...}"}

`TF_CONFIG` names TensorFlow's tasks instead: `chief` (`master` in AI Platform), `worker`, `ps` and `evaluator`.
See https://cloud.google.com/vertex-ai/docs/training/distributed-training.
"""

import os
from collections.abc import Mapping

from trainer_common.cluster.fields import ClusterFormat
from trainer_common.cluster.place import ClusterPlace, Role

CLUSTER_SPEC = ClusterFormat(
    variable="CLUSTER_SPEC",
    roles={
        "workerpool0": Role.CHIEF,
        "workerpool1": Role.WORKER,
        "workerpool2": Role.PARAMETER_SERVER,
        "workerpool3": Role.EVALUATOR,
    },
)
TF_CONFIG = ClusterFormat(
    variable="TF_CONFIG",
    roles={
        "chief": Role.CHIEF,
        "master": Role.CHIEF,
        "worker": Role.WORKER,
        "ps": Role.PARAMETER_SERVER,
        "evaluator": Role.EVALUATOR,
    },
    # TensorFlow does not count an evaluator as a member of the cluster.
    unlisted=frozenset({Role.EVALUATOR}),
)


def read_cluster_place(variables: Mapping[str, str] | None = None) -> ClusterPlace:
    """Return the place of this process in its cluster.

    Args:
        variables: The variables; None for the current ones of this process. An empty value counts as not set.

    Returns:
        The place by `CLUSTER_SPEC`, else by `TF_CONFIG`, else that of a single process.

    Raises:
        UserError: The variable does not describe a cluster; the message names the field.
    """
    found = os.environ if variables is None else variables
    for description in (CLUSTER_SPEC, TF_CONFIG):
        if text := found.get(description.variable):
            return description.parse(text)
    return ClusterPlace()
