"""Operators in the terms of AI Platform v1, with the names that Airflow's Google provider had for them."""
