-- Copies one split into a table of its own, because an extract job writes whole tables only.
-- Input: split_table. Parameter: split.
-- Output: copied_table with the columns of the source table, labelled with run_key.
-- Grain: one row per row of the split.
CREATE OR REPLACE TABLE `{{ copied_table }}`
OPTIONS (labels = [('timberline-run', '{{ run_key }}')])
AS
SELECT * EXCEPT (split, row_fingerprint)
FROM `{{ split_table }}`
WHERE split = @split
