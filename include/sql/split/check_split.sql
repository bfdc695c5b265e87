-- Counts the rows of each split, so that a wrong split stops the run.
-- Input: split_table; group_column, the column of the class or segment, or an empty text for no groups.
-- Output: group_name, row_count, and shared_count: the rows whose fingerprint is in another split too.
-- Grain: one row per split and group.
WITH shared AS (
    SELECT row_fingerprint
    FROM `{{ split_table }}`
    GROUP BY row_fingerprint
    HAVING COUNT(DISTINCT split) > 1
),

grouped AS (
    SELECT
        split,
        row_fingerprint,
        {% if group_column %}CAST(`{{ group_column }}` AS STRING){% else %}CAST(NULL AS STRING){% endif %} AS group_name
    FROM `{{ split_table }}`
)

SELECT
    grouped.split,
    grouped.group_name,
    COUNT(*) AS row_count,
    COUNT(shared.row_fingerprint) AS shared_count
FROM grouped
LEFT JOIN shared ON grouped.row_fingerprint = shared.row_fingerprint
GROUP BY grouped.split, grouped.group_name
ORDER BY grouped.split, grouped.group_name
