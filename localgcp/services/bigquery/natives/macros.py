"""Functions of GoogleSQL in the SQL of DuckDB, which the dialect calls."""

_TEXTS = (
    # A position before the start means the first character; DuckDB would count missing characters.
    "gs_position(size, start) AS CASE WHEN start = 0 OR start < -size THEN 1"
    " WHEN start < 0 THEN size + start + 1 ELSE start END",
    "gs_substr(value, start) AS substring(value, gs_position(length(value), start))",
    "gs_substr_of(value, start, size) AS"
    " CASE WHEN size < 0 THEN gs_error('Third argument in SUBSTR() cannot be negative')"
    " ELSE substring(value, gs_position(length(value), start), size) END",
    "gs_substr_bytes(value, start) AS value[gs_position(octet_length(value), start):octet_length(value)]",
    "gs_substr_bytes_of(value, start, size) AS"
    " CASE WHEN size < 0 THEN gs_error('Third argument in SUBSTR() cannot be negative')"
    " ELSE value[gs_position(octet_length(value), start):gs_position(octet_length(value), start) + size - 1] END",
    "gs_left(value, size) AS CASE WHEN size < 0"
    " THEN gs_error('Second argument in LEFT() cannot be negative') ELSE left(value, size) END",
    "gs_right(value, size) AS CASE WHEN size < 0"
    " THEN gs_error('Second argument in RIGHT() cannot be negative') ELSE right(value, size) END",
    "gs_left_bytes(value, size) AS CASE WHEN size < 0"
    " THEN gs_error('Second argument in LEFT() cannot be negative') ELSE value[1:size] END",
    "gs_right_bytes(value, size) AS CASE WHEN size < 0"
    " THEN gs_error('Second argument in RIGHT() cannot be negative')"
    " ELSE value[greatest(octet_length(value) - size + 1, 1):octet_length(value)] END",
    "gs_repeat(value, times) AS CASE WHEN times < 0"
    " THEN gs_error('Second argument in REPEAT() cannot be negative') ELSE repeat(value, times) END",
    # An empty search text replaces nothing.
    "gs_replace(value, part, other) AS CASE WHEN part = '' THEN CASE WHEN other IS NOT NULL THEN value END"
    " ELSE replace(value, part, other) END",
    "gs_split(value, separator) AS CASE WHEN value = '' THEN CASE WHEN separator IS NOT NULL THEN [''] END"
    " ELSE string_split(value, separator) END",
    "gs_byte_length(value) AS octet_length(encode(value))",
    "gs_unicode(value) AS CASE WHEN value = '' THEN 0 ELSE unicode(value) END",
    "gs_text(value) AS CAST(value AS VARCHAR)",
    "gs_uuid() AS CAST(uuid() AS VARCHAR)",
)
_REGEXPS = (
    "gs_regexp_extract(value, pattern, capture) AS"
    " CASE WHEN regexp_matches(value, pattern) THEN regexp_extract(value, pattern, capture) END",
    "gs_has_group(pattern) AS regexp_matches(pattern, '(^|[^\\\\])(\\\\\\\\)*\\((\\?P<|[^?])')",
    "gs_regexp_extract_of(value, pattern) AS CASE WHEN regexp_matches(value, pattern)"
    " THEN CASE WHEN gs_has_group(pattern) THEN regexp_extract(value, pattern, 1)"
    " ELSE regexp_extract(value, pattern, 0) END END",
    "gs_regexp_all_of(value, pattern) AS CASE WHEN gs_has_group(pattern) THEN regexp_extract_all(value, pattern, 1)"
    " ELSE regexp_extract_all(value, pattern, 0) END",
    "gs_regexp_nth(value, pattern, capture, start, nth) AS"
    " CASE WHEN start <= 0 THEN gs_error('Position must be positive in REGEXP_EXTRACT')"
    " WHEN nth <= 0 THEN gs_error('Occurrence must be positive in REGEXP_EXTRACT')"
    " ELSE regexp_extract_all(substring(value, start), pattern, capture)[nth] END",
    "gs_regexp_nth_of(value, pattern, start, nth) AS gs_regexp_all_of(substring(value, start), pattern)[nth]",
)
_NUMBERS = (
    "gs_round(value) AS round(value)",
    "gs_trunc(value) AS trunc(value)",
    "gs_round_to(value, places) AS round(value, places)",
    "gs_trunc_to(value, places) AS trunc(value, places)",
    "gs_sign(value) AS sign(value)",
    "gs_cbrt(value) AS cbrt(value)",
    "gs_pow(base, exponent) AS CASE WHEN NOT isfinite(pow(base, exponent)) AND isfinite(CAST(base AS DOUBLE))"
    " AND isfinite(CAST(exponent AS DOUBLE)) THEN gs_error('Floating point error in function: POW')"
    " ELSE pow(base, exponent) END",
    # DuckDB from 2.0 on answers NaN or infinity outside of these functions' domains, GoogleSQL an error.
    "gs_sqrt(value) AS CASE WHEN value < 0 THEN gs_error('Floating point error in function: SQRT')"
    " ELSE sqrt(value) END",
    "gs_ln(value) AS CASE WHEN value <= 0 THEN gs_error('Floating point error in function: LN') ELSE ln(value) END",
    "gs_log10(value) AS CASE WHEN value <= 0 THEN gs_error('Floating point error in function: LOG10')"
    " ELSE log10(value) END",
    "gs_acos(value) AS CASE WHEN abs(value) > 1 THEN gs_error('Floating point error in function: ACOS')"
    " ELSE acos(value) END",
    "gs_asin(value) AS CASE WHEN abs(value) > 1 THEN gs_error('Floating point error in function: ASIN')"
    " ELSE asin(value) END",
    "gs_log(value, base) AS gs_ln(value) / gs_ln(base)",
    # Bits shifted out are lost, and the new bits are 0.
    "gs_shift_left(value, count) AS CASE WHEN count < 0 THEN gs_error('Bitwise shift by a negative offset')"
    " WHEN count > 63 THEN 0 ELSE CAST(CAST(((CAST(CAST(value AS HUGEINT) + CASE WHEN value < 0"
    " THEN 18446744073709551616 ELSE 0 END AS UHUGEINT) << CAST(count AS UHUGEINT)) & 18446744073709551615::UHUGEINT)"
    " AS HUGEINT) - CASE WHEN (((CAST(CAST(value AS HUGEINT) + CASE WHEN value < 0 THEN 18446744073709551616 ELSE 0"
    " END AS UHUGEINT) << CAST(count AS UHUGEINT)) >> 63::UHUGEINT) & 1::UHUGEINT) = 1"
    " THEN 18446744073709551616 ELSE 0 END AS BIGINT) END",
    "gs_shift_right(value, count) AS CASE WHEN count < 0 THEN gs_error('Bitwise shift by a negative offset')"
    " WHEN count > 63 THEN 0 WHEN value < 0 AND count > 0 THEN"
    " ((value & 9223372036854775807) >> count) | (1::BIGINT << (63 - count)) ELSE CAST(value AS BIGINT) >> count END",
    "gs_bit_count(value) AS CAST(bit_count(CAST(value AS BIGINT)) AS BIGINT)",
    # NULLs sort first; of a NULL and a value the result is the value.
    "gs_percentile_disc(items, part) AS list_sort(items, 'ASC', 'NULLS FIRST')"
    "[greatest(CAST(ceil(part * len(items)) AS BIGINT), 1)]",
    "gs_between(low, high, part) AS CASE WHEN low IS NULL THEN CASE WHEN part > 0 THEN high END"
    " WHEN part = 0 THEN low ELSE low + (high - low) * part END",
    "gs_percentile_cont(items, part) AS gs_between("
    "CAST(list_sort(items, 'ASC', 'NULLS FIRST')[CAST(floor(part * (len(items) - 1)) AS BIGINT) + 1] AS DOUBLE),"
    " CAST(list_sort(items, 'ASC', 'NULLS FIRST')[CAST(ceil(part * (len(items) - 1)) AS BIGINT) + 1] AS DOUBLE),"
    " part * (len(items) - 1) - floor(part * (len(items) - 1)))",
    "gs_range_bucket(point, bounds) AS CASE WHEN point IS NOT NULL"
    " THEN len(list_filter(bounds, lambda bound: bound <= point)) END",
)
_TIMES = (
    # The first day of the week; `first` is the weekday on which a week starts, 0 for Sunday.
    "gs_week_start(day, first) AS CAST(day AS DATE) - CAST((dayofweek(CAST(day AS DATE)) - first + 7) % 7 AS INTEGER)",
    # The days of a year before its first such weekday are in week 0.
    "gs_week(day, first) AS (dayofyear(CAST(day AS DATE)) + 6 - ((dayofweek(CAST(day AS DATE)) - first + 7) % 7)) // 7",
    "gs_week_diff(later, earlier, first) AS (gs_week_start(later, first) - gs_week_start(earlier, first)) // 7",
    "gs_last_of_iso_week(day) AS gs_week_start(day, 1) + 6",
    "gs_last_of_iso_year(day) AS CAST(date_trunc('week', make_date(isoyear(CAST(day AS DATE)) + 1, 1, 4)) AS DATE) - 1",
    # Rounds down to the second, also before 1970.
    "gs_floor_div(value, size) AS (value - ((value % size) + size) % size) // size",
    "gs_time_trunc(part, value) AS CAST(date_trunc(part, DATE '1970-01-01' + CAST(value AS TIME)) AS TIME)",
    "gs_string(value) AS CAST(value AS VARCHAR)",
    "gs_timestamp_text(moment, zone) AS strftime(timezone(zone, moment), '%Y-%m-%d %H:%M:%S')"
    " || CASE WHEN epoch_us(moment) % 1000000 = 0 THEN '' WHEN epoch_us(moment) % 1000 = 0"
    " THEN strftime(moment, '.%g') ELSE strftime(moment, '.%f') END"
    " || replace(gs_format_utc('%Ez', timezone('UTC', moment), zone), ':00', '')",
    "gs_string_in(value, zone) AS gs_timestamp_text(CAST(value AS TIMESTAMPTZ), zone)",
)
# The longest array of these functions. DuckDB builds an array of constants during planning, when it ignores interrupts.
_MOST_ELEMENTS = 1_048_575
_TOO_MANY = "|| ') produced too many elements')"
_ARRAYS = (
    "gs_places(list) AS range(len(list))",
    "gs_at(list, place, first) AS CASE WHEN place - first < 0 OR place - first >= len(list) THEN"
    " gs_error('Array index ' || CAST(place AS VARCHAR) || ' is out of bounds') ELSE list[place - first + 1] END",
    "gs_safe_at(list, place, first) AS CASE WHEN place - first >= 0 THEN list[place - first + 1] END",
    "gs_array_first(list) AS CASE WHEN len(list) = 0"
    " THEN gs_error('ARRAY_FIRST cannot get the first element of an empty array') ELSE list[1] END",
    "gs_array_last(list) AS CASE WHEN len(list) = 0"
    " THEN gs_error('ARRAY_LAST cannot get the last element of an empty array') ELSE list[len(list)] END",
    "gs_array_slice(list, first, last) AS CASE WHEN first IS NOT NULL AND last IS NOT NULL THEN list["
    "greatest(CASE WHEN first < 0 THEN len(list) + first ELSE first END, 0) + 1:"
    "CASE WHEN last < 0 THEN len(list) + last + 1 ELSE last + 1 END] END",
    "gs_generate_array(first, last, step) AS CASE WHEN first IS NULL OR last IS NULL OR step IS NULL THEN NULL"
    " WHEN step = 0 THEN gs_error('Sequence step cannot be 0.') WHEN (last - first) / step < 0 THEN []"
    f" WHEN (last - first) / step >= {_MOST_ELEMENTS} THEN"
    f" gs_error('GENERATE_ARRAY(' || first || ', ' || last || ', ' || step {_TOO_MANY}"
    " ELSE list_transform(range(CAST(floor((last - first) / step + 1e-9) AS BIGINT) + 1),"
    " lambda nth: first + nth * step) END",
    # The smallest number of days of each part.
    "gs_days(part) AS greatest(CAST(date_part('epoch', part) / 86400 AS BIGINT) - 2 * date_part('month', part)"
    " - 2 * date_part('year', part), 1)",
    # Counts from the start, so that the 31st returns after a shorter month.
    "gs_generate_dates(first, last, step, part) AS CASE WHEN first IS NULL OR last IS NULL OR step IS NULL THEN NULL"
    " WHEN step = 0 THEN gs_error('Sequence step cannot be 0.')"
    " WHEN abs(CAST(last AS DATE) - CAST(first AS DATE)) // (abs(step) * gs_days(part))"
    f" >= {_MOST_ELEMENTS} THEN gs_error('GENERATE_DATE_ARRAY(' || first || ', ' || last {_TOO_MANY}"
    " ELSE list_filter(list_transform("
    "range(abs(CAST(last AS DATE) - CAST(first AS DATE)) // (abs(step) * gs_days(part)) + 2),"
    " lambda nth: CAST(CAST(first AS DATE) + nth * step * part AS DATE)), lambda day:"
    " CASE WHEN step > 0 THEN day <= CAST(last AS DATE) ELSE day >= CAST(last AS DATE) END) END",
    "gs_generate_times(first, last, step, part) AS CASE WHEN first IS NULL OR last IS NULL OR step IS NULL THEN NULL"
    " WHEN step = 0 THEN gs_error('Sequence step cannot be 0.')"
    " WHEN (epoch_us(last) - epoch_us(first)) / (step * date_part('epoch', part) * 1e6)"
    f" >= {_MOST_ELEMENTS} THEN gs_error('GENERATE_TIMESTAMP_ARRAY(' || first || ', ' || last {_TOO_MANY}"
    " ELSE list_transform("
    "range(CAST(floor((epoch_us(last) - epoch_us(first)) / (step * date_part('epoch', part) * 1e6)) AS BIGINT) + 1),"
    " lambda nth: first + nth * step * part) END",
)
_OTHERS = (
    "gs_if_error(tried, other) AS CASE WHEN tried IS NULL THEN other ELSE tried[1] END",
    "gs_if_null(value, other) AS coalesce(value, other)",
    "gs_json_keys(document, depth, mode) AS CASE WHEN document IS NOT NULL AND mode IS NOT NULL"
    " THEN gs_json_keys_of(document, depth, mode) END",
    "gs_top_count(counts, nulls, size) AS list_transform(list_slice(list_sort(list_concat("
    "list_transform(map_entries(counts), lambda entry: {'less': -CAST(entry.value AS BIGINT), 'item': entry.key}),"
    " CASE WHEN nulls > 0 THEN [{'less': -nulls, 'item': NULL}] ELSE [] END)), 1, size),"
    " lambda entry: {'value': entry.item, 'count': -entry.less})",
    "gs_top_sum(items, weights, size) AS list_transform(list_slice(list_sort(list_transform("
    "list_concat(list_distinct(items), CASE WHEN len(list_filter(items, lambda item: item IS NULL)) > 0"
    " THEN [NULL] ELSE [] END), lambda item: {'less': -list_sum(list_transform(list_filter(list_zip(items, weights),"
    " lambda pair: pair[1] IS NOT DISTINCT FROM item), lambda pair: pair[2])), 'item': item})), 1, size),"
    " lambda entry: {'value': entry.item, 'sum': -entry.less})",
)
MACROS = (*_TEXTS, *_REGEXPS, *_NUMBERS, *_TIMES, *_ARRAYS, *_OTHERS)
