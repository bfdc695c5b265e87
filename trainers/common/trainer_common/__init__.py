"""Share what Timberline trainers need: flags, reading, evaluation, predictions, serving, artefacts and cluster."""
