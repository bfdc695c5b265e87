"""The release of one challenger per segment: gate, deploy, smoke, promote."""

from typing import Any

from airflow.sdk import XComArg, chain, task_group

from timberline.notifiers.alert import AlertNotifier
from timberline.operators.deploy_model import DeployModelOperator
from timberline.operators.gate_challenger import GateOperator
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.smoke_predict import SmokePredictOperator


def release(scorings: XComArg, *, job_file: str, segment_label: str) -> Any:
    """Return the task group `release`, expanded over the scoring jobs.

    Each segment takes its own way through the group: a rejected challenger skips the remaining steps, a failed step
    stops its own segment alone. The DAG needs the parameters of `release_params` and a step `register`.

    Args:
        scorings: the finished scoring jobs, one per segment.
        job_file: the job file below include/jobs; it has the gate's thresholds and the serving machines.
        segment_label: what messages call a segment.
    """
    name = f"{segment_label} {{{{ task.segment }}}}"
    alerts = [AlertNotifier()]

    @task_group(group_id="release")
    def steps(scoring: Any) -> None:
        gate = GateOperator(
            task_id="gate",
            scoring=scoring,
            register_step="register",
            job_file=job_file,
            floor="{{ params.floor }}",
            min_gain="{{ params.min_gain }}",
            segment_label=segment_label,
            notifiers=alerts,
            map_index_template=f"{name}: {{{{ task.verdict }}}}",
        )
        decided: Any = gate.output
        gated: dict[str, Any] = {
            "decision": decided["decision"],
            "challenger": decided["challenger"],
            "serving": "{{ params.serving }}",
            "map_index_template": name,
        }
        deploy = DeployModelOperator(
            task_id="deploy", job_file=job_file, canary_percent="{{ params.canary_percent }}", **gated
        )
        smoke = SmokePredictOperator(
            task_id="smoke", deployment=deploy.output, challenger=decided["challenger"], map_index_template=name
        )
        promote = PromoteModelOperator(
            task_id="promote", deployment=deploy.output, smoke=smoke.output, notifiers=alerts, **gated
        )
        chain(gate, deploy, smoke, promote)

    return steps.expand(scoring=scorings)
