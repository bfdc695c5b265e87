-- Writes one split as Parquet shards, once for all segments; it replaces what an earlier try wrote.
-- Input: split_table. Parameter: split. Output: split_uri/*.parquet with the columns of the source table.
-- Grain: one row per row of the split.
EXPORT DATA OPTIONS (uri = '{{ split_uri }}/*.parquet', format = 'PARQUET', overwrite = TRUE) AS
SELECT * EXCEPT (split, row_fingerprint)
FROM `{{ split_table }}`
WHERE split = @split
