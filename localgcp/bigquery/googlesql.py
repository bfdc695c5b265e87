"""The parser of GoogleSQL: sqlglot's, which leaves a call as written where the dialect has a rule for its name."""

from sqlglot.dialects.bigquery import BigQuery

from localgcp.bigquery.dialect.rewriting import NAMED


class GoogleSql(BigQuery):
    """BigQuery's dialect, whose functions keep their names and arguments for the rules."""

    class Parser(BigQuery.Parser):  # type: ignore[misc, valid-type]
        """Without sqlglot's own reading of the functions that have a rule."""

        FUNCTIONS = {name: build for name, build in BigQuery.Parser.FUNCTIONS.items() if name not in NAMED}
        FUNCTION_PARSERS = {
            name: parse for name, parse in BigQuery.Parser.FUNCTION_PARSERS.items() if name not in NAMED
        }
