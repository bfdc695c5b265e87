"""SQL statements: one per file below include/sql, with checked identifiers filled in."""

from pathlib import Path

from timberline.data.identifiers import TableName
from timberline.run.errors import SettingsError


def read_statement(path: Path, names: "dict[str, TableName | str]") -> str:
    """Return the statement in a file with its placeholders filled.

    Args:
        path: the file.
        names: checked names by placeholder. Values belong in query parameters instead.

    Raises:
        SettingsError: there is no such file, or it has a placeholder that is not in `names`.
    """
    import jinja2  # Airflow has loaded it already

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"no statement {path}: upload include/ with the DAGs") from None
    try:
        return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text).render(names)
    except jinja2.TemplateError as error:
        raise SettingsError(f"{path.name}: {error}") from None
