"""Custom jobs and tuning jobs: resources, rules, and how a job runs."""
