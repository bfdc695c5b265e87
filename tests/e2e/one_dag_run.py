"""One run of a DAG under the run id of a moment, so that a test can run the same run again.

`airflow dags test` takes no run id; this is its body with one: `python -m tests.e2e.one_dag_run DAG_ID CONF MOMENT`.
"""

import json
import sys
from datetime import datetime

from tests.forks import ROOT

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 3.1
    from airflow.models.dagbag import DagBag


def main(dag_id: str, conf: str, moment: str) -> int:
    """Run, and return 0 where the run succeeded.

    Args:
        dag_id: the DAG.
        conf: the run's parameters as a JSON object.
        moment: the run's logical date, ISO 8601 with an offset.
    """
    when = datetime.fromisoformat(moment)
    run = DagBag(str(ROOT / "dags")).get_dag(dag_id).test(run_after=when, logical_date=when, run_conf=json.loads(conf))
    return 0 if run.state == "success" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
