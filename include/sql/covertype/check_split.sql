-- Counts what the split made, so that a wrong one stops the run.
-- Input: split_table. Output: row_count, and shared_count, the rows whose fingerprint is in another split too.
-- Grain: one row per split and cover type.
WITH shared AS (
    SELECT row_fingerprint
    FROM `{{ split_table }}`
    GROUP BY row_fingerprint
    HAVING COUNT(DISTINCT split) > 1
)

SELECT
    splits.split,
    splits.Cover_Type AS class,
    COUNT(*) AS row_count,
    COUNT(shared.row_fingerprint) AS shared_count
FROM `{{ split_table }}` AS splits
LEFT JOIN shared ON splits.row_fingerprint = shared.row_fingerprint
GROUP BY splits.split, splits.Cover_Type
ORDER BY splits.split, splits.Cover_Type
