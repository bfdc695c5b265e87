"""Functions, table functions and procedures, those of a script and those of a dataset."""
