"""Custom jobs and tuning jobs: resources, rules, how a job runs, and its logs."""
