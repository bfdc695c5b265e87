-- Assigns every row to a split, always the same one: by the fingerprint of the row's key.
-- Input: source_table; key, an expression over its columns. Parameters: modulus and residues of each split.
-- Output: split_table, clustered by split, with row_fingerprint; rows of no split are 'unused'. Labelled with run_key.
-- Grain: one row per input row.
CREATE OR REPLACE TABLE `{{ split_table }}`
CLUSTER BY split
OPTIONS (labels = [('timberline-run', '{{ run_key }}')])
AS
WITH fingerprinted AS (
    SELECT
        source.*,
        FARM_FINGERPRINT({{ key }}) AS row_fingerprint
    FROM `{{ source_table }}` AS source
)

SELECT
    *,
    CASE
        WHEN MOD(MOD(row_fingerprint, @train_modulus) + @train_modulus, @train_modulus) IN UNNEST(@train_residues)
            THEN 'train'
        WHEN
            MOD(MOD(row_fingerprint, @validation_modulus) + @validation_modulus, @validation_modulus)
            IN UNNEST(@validation_residues)
            THEN 'validation'
        WHEN MOD(MOD(row_fingerprint, @test_modulus) + @test_modulus, @test_modulus) IN UNNEST(@test_residues)
            THEN 'test'
        ELSE 'unused'
    END AS split
FROM fingerprinted
