"""What several DAG files share: run parameters, DAG defaults, waiting for jobs, the release of a model."""
