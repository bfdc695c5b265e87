-- Puts the text behind the one-hot columns: the form that models are trained on.
-- Input: loaded_table, the 55 published columns. Output: decoded_table, 13 columns. Grain: one row per input row.
CREATE OR REPLACE TABLE `{{ decoded_table }}` AS
SELECT
    Elevation,
    Aspect,
    Slope,
    Horizontal_Distance_To_Hydrology,
    Vertical_Distance_To_Hydrology,
    Horizontal_Distance_To_Roadways,
    Hillshade_9am,
    Hillshade_Noon,
    Hillshade_3pm,
    Horizontal_Distance_To_Fire_Points,
    CASE
        WHEN Wilderness_Area1 = 1 THEN 'Rawah'
        WHEN Wilderness_Area2 = 1 THEN 'Neota'
        WHEN Wilderness_Area3 = 1 THEN 'Commanche'
        WHEN Wilderness_Area4 = 1 THEN 'Cache'
    END AS Wilderness_Area,
    CASE
        WHEN Soil_Type1 = 1 THEN 'C2702'
        WHEN Soil_Type2 = 1 THEN 'C2703'
        WHEN Soil_Type3 = 1 THEN 'C2704'
        WHEN Soil_Type4 = 1 THEN 'C2705'
        WHEN Soil_Type5 = 1 THEN 'C2706'
        WHEN Soil_Type6 = 1 THEN 'C2717'
        WHEN Soil_Type7 = 1 THEN 'C3501'
        WHEN Soil_Type8 = 1 THEN 'C3502'
        WHEN Soil_Type9 = 1 THEN 'C4201'
        WHEN Soil_Type10 = 1 THEN 'C4703'
        WHEN Soil_Type11 = 1 THEN 'C4704'
        WHEN Soil_Type12 = 1 THEN 'C4744'
        WHEN Soil_Type13 = 1 THEN 'C4758'
        WHEN Soil_Type14 = 1 THEN 'C5101'
        WHEN Soil_Type15 = 1 THEN 'C5151'
        WHEN Soil_Type16 = 1 THEN 'C6101'
        WHEN Soil_Type17 = 1 THEN 'C6102'
        WHEN Soil_Type18 = 1 THEN 'C6731'
        WHEN Soil_Type19 = 1 THEN 'C7101'
        WHEN Soil_Type20 = 1 THEN 'C7102'
        WHEN Soil_Type21 = 1 THEN 'C7103'
        WHEN Soil_Type22 = 1 THEN 'C7201'
        WHEN Soil_Type23 = 1 THEN 'C7202'
        WHEN Soil_Type24 = 1 THEN 'C7700'
        WHEN Soil_Type25 = 1 THEN 'C7701'
        WHEN Soil_Type26 = 1 THEN 'C7702'
        WHEN Soil_Type27 = 1 THEN 'C7709'
        WHEN Soil_Type28 = 1 THEN 'C7710'
        WHEN Soil_Type29 = 1 THEN 'C7745'
        WHEN Soil_Type30 = 1 THEN 'C7746'
        WHEN Soil_Type31 = 1 THEN 'C7755'
        WHEN Soil_Type32 = 1 THEN 'C7756'
        WHEN Soil_Type33 = 1 THEN 'C7757'
        WHEN Soil_Type34 = 1 THEN 'C7790'
        WHEN Soil_Type35 = 1 THEN 'C8703'
        WHEN Soil_Type36 = 1 THEN 'C8707'
        WHEN Soil_Type37 = 1 THEN 'C8708'
        WHEN Soil_Type38 = 1 THEN 'C8771'
        WHEN Soil_Type39 = 1 THEN 'C8772'
        WHEN Soil_Type40 = 1 THEN 'C8776'
    END AS Soil_Type,
    Cover_Type
FROM `{{ loaded_table }}`
