-- Writes one lot as Parquet shards, once for all segments; what an earlier try left there is replaced.
-- Input: split_table. Parameter: lot. Output: lot_uri/*.parquet with the 13 columns. Grain: one row per row of the lot.
EXPORT DATA OPTIONS (uri = '{{ lot_uri }}/*.parquet', format = 'PARQUET', overwrite = TRUE) AS
SELECT * EXCEPT (split, row_fingerprint)
FROM `{{ split_table }}`
WHERE split = @lot
