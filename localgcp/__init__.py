"""The local Google Cloud: the APIs that the pipelines call, served on loopback, doing the work for real."""
