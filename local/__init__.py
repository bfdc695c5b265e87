"""How this repository runs on a laptop: Airflow's settings there, and what a run prints."""
