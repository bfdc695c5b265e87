"""Find this process's place in the cluster of a distributed training job."""
