"""Error messages in BigQuery's words, with line and column."""
