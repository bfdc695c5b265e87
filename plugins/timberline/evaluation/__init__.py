"""Metrics, scores, comparison, the gate, smoke predictions."""
