-- Writes one split as Parquet shards, once for all segments; what an earlier try left there is replaced.
-- Input: split_table. Parameter: split. Output: split_uri/*.parquet with the 13 columns. Grain: one row per row of the split.
EXPORT DATA OPTIONS (uri = '{{ split_uri }}/*.parquet', format = 'PARQUET', overwrite = TRUE) AS
SELECT * EXCEPT (split, row_fingerprint)
FROM `{{ split_table }}`
WHERE split = @split
