"""What buckets and objects have in common: names, preconditions, encryption keys."""
