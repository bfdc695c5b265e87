-- Copies one lot into a table of its own, as an extract job writes whole tables alone.
-- Input: split_table. Parameter: lot. Output: lot_table with the 13 columns, labelled with run_key.
-- Grain: one row per row of the lot.
CREATE OR REPLACE TABLE `{{ lot_table }}`
OPTIONS (labels = [('timberline-run', '{{ run_key }}')])
AS
SELECT * EXCEPT (split, row_fingerprint)
FROM `{{ split_table }}`
WHERE split = @lot
