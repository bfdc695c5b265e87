"""Operators in the terms of AI Platform v1, with the names that Airflow's Google provider had for them.

Their import lets job files name a config file of v1: `v1Config: jobs.yaml`.
"""

from timberline.ai_platform.translate.job_specs import job_specs
from timberline.spec.readers import register_reader

register_reader("v1Config", job_specs)
