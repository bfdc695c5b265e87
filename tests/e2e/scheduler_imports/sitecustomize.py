"""Loads Google's clients into Airflow's scheduler, before any task: tasks are forks of it, and have them at once."""

import sys

if "scheduler" in sys.orig_argv:
    from google.cloud import aiplatform_v1, bigquery, storage  # noqa: F401
