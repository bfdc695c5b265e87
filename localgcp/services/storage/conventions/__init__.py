"""What buckets and objects have in common: names, settings, values in requests, preconditions, encryption keys."""
