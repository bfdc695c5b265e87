"""Running the pipelines on a laptop: Airflow's settings, `make run`, `make ui`, the audit of the lock."""
