"""The parameters that training pipelines share. Each has a title, and a section of the trigger form.

Operators read them by name, in templates such as `{{ params.scheme }}`.
"""

from collections.abc import Sequence

from airflow.sdk import Param

Params = dict[str, Param]

DATA = "Data"
TRAINING = "Training"
RELEASE = "Release"
LIMITS = "Limits"
"""The sections of the trigger form, in the order in which a DAG lists its parameters."""

SCHEME = "{{ params.scheme | tojson }}"
"""The template of the parameter `scheme`: quoted, as a native template would read the name 80_10_10 as a number."""

_SERVING = {
    "endpoint": "each model gets an endpoint, which stays",
    "ephemeral": "an endpoint exists during the run alone",
    "none": "models are registered, and not deployed",
}


def data_params(*, scheme: str) -> Params:
    """Return the parameters that say where rows come from, and how they are split.

    Args:
        scheme: the default split scheme.
    """
    return {
        "source": Param(
            "auto",
            title="Source of the rows",
            description="auto takes the first available one of file, published and generated.",
            section=DATA,
            type="string",
            enum=["auto", "file", "published", "generated", "table"],
        ),
        "table": Param(
            None,
            title="Table",
            description="An existing BigQuery table. Only with the source `table`.",
            section=DATA,
            type=["null", "string"],
        ),
        "scheme": Param(
            scheme,
            title="Split scheme",
            description="A named scheme (80_10_10, 40_10_10, taxifare), or modulus and residues of each split.",
            section=DATA,
            type=["string", "object"],
        ),
    }


def tuning_params(presets: Sequence[str]) -> Params:
    """Return the parameters of the tuning jobs.

    Args:
        presets: names of the job file's presets; the first one is the default.
    """
    return {
        "preset": Param(
            presets[0],
            title="Preset",
            description="A preset of the job file.",
            section=TRAINING,
            type="string",
            enum=list(presets),
        ),
        "trials": Param(
            None,
            title="Trials per segment",
            description="0 trains without tuning, with the job file's default parameters. Empty: the preset's number.",
            section=TRAINING,
            type=["null", "integer"],
            minimum=0,
        ),
        "parallel_trials": Param(
            None,
            title="Parallel trials per segment",
            description="Empty: the preset's number.",
            section=TRAINING,
            type=["null", "integer"],
            minimum=1,
        ),
    }


def fan_out_params() -> Params:
    """Return the parameters that say when a run of several segments fails."""
    return {
        "min_success": Param(
            None,
            title="Segments that must succeed",
            description="The run fails if fewer segments succeed. Empty: all of them.",
            section=LIMITS,
            type=["null", "integer"],
            minimum=1,
        ),
        "fail_fast": Param(
            False,
            title="Stop at the first failure",
            description="The first failed job cancels the others and ends the run.",
            section=LIMITS,
            type="boolean",
        ),
    }


def release_params(*, metric: str, serving: Sequence[str] = tuple(_SERVING)) -> Params:
    """Return the parameters of gate, deployment and promotion.

    Args:
        metric: the gate's metric, in words.
        serving: the allowed values of `serving`; the first one is the default.
    """
    return {
        "serving": Param(
            serving[0],
            title="Serving",
            description=f"{'; '.join(f'{name}: {_SERVING[name]}' for name in serving)}.",
            section=RELEASE,
            type="string",
            enum=list(serving),
        ),
        "canary_percent": Param(
            10,
            title="Canary share in percent",
            description="Share of the requests that a version answers until it is promoted.",
            section=RELEASE,
            type="integer",
            minimum=1,
            maximum=100,
        ),
        "floor": Param(
            None,
            title=f"Lowest {metric}",
            description=f"{metric} that a challenger must reach. Empty: the job file's value.",
            section=RELEASE,
            type=["null", "number"],
        ),
        "min_gain": Param(
            None,
            title=f"Lowest gain in {metric}",
            description="Gain over the version in service that a challenger must reach. Empty: the job file's value.",
            section=RELEASE,
            type=["null", "number"],
        ),
        "keep_versions": Param(
            5,
            title="Versions to keep",
            description="Number of the newest versions that stay in the registry, per model.",
            section=RELEASE,
            type="integer",
            minimum=1,
        ),
    }


def cost_params(max_cost_usd: float) -> Params:
    """Return the limit of a run's cost.

    Args:
        max_cost_usd: the default, in USD.
    """
    return {
        "max_cost_usd": Param(
            max_cost_usd,
            title="Highest cost in USD",
            description="A run that could cost more is refused before it submits a job. Empty: no limit.",
            section=LIMITS,
            type=["null", "number"],
            exclusiveMinimum=0,
        ),
    }
