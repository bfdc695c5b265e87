"""GoogleSQL functions written in DuckDB's SQL; the rules of the dialect call them."""

MACROS = (
    # The first day of the week; `first` is the day it starts on, 0 for Sunday.
    "gs_week_start(day, first) AS CAST(day AS DATE) - CAST((dayofweek(CAST(day AS DATE)) - first + 7) % 7 AS INTEGER)",
    # The days before the first such day of a year lie in week 0.
    "gs_week(day, first) AS (dayofyear(CAST(day AS DATE)) + 6 - ((dayofweek(CAST(day AS DATE)) - first + 7) % 7)) // 7",
    "gs_week_diff(later, earlier, first) AS (gs_week_start(later, first) - gs_week_start(earlier, first)) // 7",
    # A position off the left end is the first; DuckDB would count the characters that are not there.
    "gs_position(size, start) AS CASE WHEN start = 0 OR start < -size THEN 1"
    " WHEN start < 0 THEN size + start + 1 ELSE start END",
    "gs_substr(value, start) AS substring(value, gs_position(length(value), start))",
    "gs_substr_of(value, start, size) AS"
    " CASE WHEN size < 0 THEN gs_error('Third argument in SUBSTR() cannot be negative')"
    " ELSE substring(value, gs_position(length(value), start), size) END",
    "gs_at(list, place, first) AS CASE WHEN place - first < 0 OR place - first >= len(list) THEN"
    " gs_error('Array index ' || CAST(place AS VARCHAR) || ' is out of bounds') ELSE list[place - first + 1] END",
    "gs_safe_at(list, place, first) AS CASE WHEN place - first >= 0 THEN list[place - first + 1] END",
    "gs_regexp_nth(value, pattern, capture, start, nth) AS"
    " regexp_extract_all(substring(value, start), pattern, capture)[nth]",
    "gs_range_bucket(point, bounds) AS len(list_filter(bounds, lambda bound: bound <= point))",
)
