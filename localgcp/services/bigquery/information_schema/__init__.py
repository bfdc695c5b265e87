"""The views of INFORMATION_SCHEMA, computed from the catalog and the jobs."""
