"""The replicas of a job or a trial: their programs, command lines and variables, and how they run."""
