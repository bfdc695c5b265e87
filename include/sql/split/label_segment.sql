-- Shows the split rows as the data set of one segment, for people who query it. Creating the view scans nothing.
-- Input: split_table; segment, a text literal. Output: segment_view, labelled with run_key: all columns but the target,
-- and label, which is 1 where the target is the segment, else 0. Grain: one row per row of the split table.
CREATE OR REPLACE VIEW `{{ segment_view }}`
OPTIONS (labels = [('timberline-run', '{{ run_key }}')])
AS
SELECT
    * EXCEPT (`{{ target }}`, row_fingerprint),
    IF(CAST(`{{ target }}` AS STRING) = {{ segment }}, 1, 0) AS label
FROM `{{ split_table }}`
