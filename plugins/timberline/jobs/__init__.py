"""Remote jobs: states, waiting, and the selection of the best trial."""
