"""GoogleSQL scripts: control structures, variables, procedures, temporary tables and sessions."""
