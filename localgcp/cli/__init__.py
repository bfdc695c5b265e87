"""The command `python -m localgcp`: serve, run, status, reset, doctor, coverage."""
