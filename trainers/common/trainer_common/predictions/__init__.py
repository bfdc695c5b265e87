"""Describe prediction requests and their answers, and compare answers with those of the trainer."""
