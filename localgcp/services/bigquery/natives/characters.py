"""Functions of texts: positions, characters and distances."""

import re
import unicodedata
from typing import Literal

from localgcp.services.bigquery.natives.native import Native, SqlError

_Form = Literal["NFC", "NFKC", "NFD", "NFKD"]
_DELIMITERS = ' \t\n\r\v\f[](){}/|<>!?@"^#$&~_,.:;*%+-'


def _instr(text: str, part: str, start: int, nth: int) -> int:
    return _place(text, part, start, nth)


def _instr_bytes(text: bytes, part: bytes, start: int, nth: int) -> int:
    # latin-1 decodes each byte to one character.
    return _place(text.decode("latin-1"), part.decode("latin-1"), start, nth)


def _place(text: str, part: str, start: int, nth: int) -> int:
    if start == 0:
        raise SqlError("Position must not be zero in INSTR()")
    if nth <= 0:
        raise SqlError("Occurrence must be positive in INSTR()")
    if not part:
        return 0
    if start > 0:
        places = [match.start() for match in re.finditer(f"(?={re.escape(part)})", text[start - 1 :])]
        return places[nth - 1] + start if nth <= len(places) else 0
    last = len(text) + start
    places = [match.start() for match in re.finditer(f"(?={re.escape(part)})", text) if match.start() <= last]
    return places[-nth] + 1 if nth <= len(places) else 0


def _initcap(text: str, delimiters: str) -> str:
    parts = re.split(f"([{re.escape(delimiters)}])", text) if delimiters else [text]
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


def _translate(text: str, sources: str, targets: str) -> str:
    if len(set(sources)) < len(sources):
        twice = next(char for index, char in enumerate(sources) if char in sources[:index])
        raise SqlError(f'Duplicate character "{twice}" in TRANSLATE source characters')
    return text.translate(
        {ord(char): targets[index] if index < len(targets) else None for index, char in enumerate(sources)}
    )


def _translate_bytes(text: bytes, sources: bytes, targets: bytes) -> bytes:
    return _translate(text.decode("latin-1"), sources.decode("latin-1"), targets.decode("latin-1")).encode("latin-1")


def _normalize(text: str, form: _Form) -> str:
    return unicodedata.normalize(form, text)


def _casefold(text: str, form: _Form) -> str:
    return unicodedata.normalize(form, unicodedata.normalize(form, text).casefold())


def _pad(text: str, size: int, pattern: str, is_left: int) -> str:
    name = "LPAD" if is_left else "RPAD"
    if size < 0:
        raise SqlError(f"Second argument in {name}() cannot be negative")
    if not pattern:
        raise SqlError(f"Third argument in {name}() cannot be empty")
    missing = size - len(text)
    filling = (pattern * (missing // len(pattern) + 1))[:missing] if missing > 0 else ""
    return filling + text[:size] if is_left else text[:size] + filling


def _pad_bytes(text: bytes, size: int, pattern: bytes, is_left: int) -> bytes:
    return _pad(text.decode("latin-1"), size, pattern.decode("latin-1"), is_left).encode("latin-1")


def _soundex(text: str) -> str:
    codes = {
        char: str(code) for code, group in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for char in group
    }
    letters = [char for char in text.upper() if "A" <= char <= "Z"]
    if not letters:
        return ""
    found, last = letters[0], codes.get(letters[0], "")
    for char in letters[1:]:
        code = codes.get(char, "")
        if code and code != last:
            found += code
        # H and W do not separate two letters with the same code.
        last = last if char in "HW" else code
    return found[:4].ljust(4, "0")


def _edit_distance(left: str, right: str, most: int | None) -> int | None:
    if left is None or right is None:
        return None
    row = list(range(len(right) + 1))
    for index, char in enumerate(left, 1):
        diagonal, row[0] = row[0], index
        for place, other in enumerate(right, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (char != other))
    return row[-1] if most is None else min(row[-1], most)


def _contains(text: str, part: str) -> bool:
    return _casefold(part, "NFKC") in _casefold(text, "NFKC")


def _split_bytes(text: bytes, separator: bytes) -> list[bytes]:
    return text.split(separator) if separator else [bytes([byte]) for byte in text]


def _regexp_instr(text: str, pattern: str, start: int, nth: int, is_end: int) -> int:
    if start <= 0 or nth <= 0:
        raise SqlError("Position and occurrence must be positive in REGEXP_INSTR")
    try:
        found = list(re.compile(pattern).finditer(text, start - 1))
    except re.error as error:
        raise SqlError(f"Cannot parse regular expression: {error}") from error
    if nth > len(found):
        return 0
    group = 1 if found[nth - 1].re.groups else 0
    return (found[nth - 1].end(group) if is_end else found[nth - 1].start(group)) + 1


def _replace_bytes(text: bytes, part: bytes, other: bytes) -> bytes:
    return text.replace(part, other) if part else text


def _repeat_bytes(text: bytes, times: int) -> bytes:
    if times < 0:
        raise SqlError("Second argument in REPEAT() cannot be negative")
    return text * times


def _array_text(items: list[str | None] | None, separator: str | None, filling: str | None) -> str | None:
    if items is None or separator is None:
        return None
    texts = [filling if item is None else item for item in items]
    return separator.join(text for text in texts if text is not None)


NATIVES = (
    Native("gs_instr", _instr, ("VARCHAR", "VARCHAR", "BIGINT", "BIGINT"), "BIGINT"),
    Native("gs_instr_bytes", _instr_bytes, ("BLOB", "BLOB", "BIGINT", "BIGINT"), "BIGINT"),
    Native("gs_regexp_instr", _regexp_instr, ("VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "BIGINT"), "BIGINT"),
    Native("gs_array_text", _array_text, ("VARCHAR[]", "VARCHAR", "VARCHAR"), "VARCHAR", takes_null=True),
    Native("gs_initcap", _initcap, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_initcap_of", lambda text: _initcap(text, _DELIMITERS), ("VARCHAR",), "VARCHAR"),
    Native("gs_translate_text", _translate, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_translate_bytes", _translate_bytes, ("BLOB", "BLOB", "BLOB"), "BLOB"),
    Native("gs_normalize", _normalize, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_casefold", _casefold, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_pad_text", _pad, ("VARCHAR", "BIGINT", "VARCHAR", "BIGINT"), "VARCHAR"),
    Native("gs_pad_bytes", _pad_bytes, ("BLOB", "BIGINT", "BLOB", "BIGINT"), "BLOB"),
    Native("gs_soundex", _soundex, ("VARCHAR",), "VARCHAR"),
    Native("gs_edit_distance", _edit_distance, ("VARCHAR", "VARCHAR", "BIGINT"), "BIGINT", takes_null=True),
    Native("gs_contains", _contains, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    Native("gs_split_bytes", _split_bytes, ("BLOB", "BLOB"), "BLOB[]"),
    Native("gs_strpos_bytes", lambda text, part: text.find(part) + 1, ("BLOB", "BLOB"), "BIGINT"),
    Native("gs_starts_with_bytes", lambda text, part: text.startswith(part), ("BLOB", "BLOB"), "BOOLEAN"),
    Native("gs_ends_with_bytes", lambda text, part: text.endswith(part), ("BLOB", "BLOB"), "BOOLEAN"),
    Native("gs_trim_bytes", lambda text, parts: text.strip(parts), ("BLOB", "BLOB"), "BLOB"),
    Native("gs_ltrim_bytes", lambda text, parts: text.lstrip(parts), ("BLOB", "BLOB"), "BLOB"),
    Native("gs_rtrim_bytes", lambda text, parts: text.rstrip(parts), ("BLOB", "BLOB"), "BLOB"),
    Native("gs_replace_bytes", _replace_bytes, ("BLOB", "BLOB", "BLOB"), "BLOB"),
    Native("gs_repeat_bytes", _repeat_bytes, ("BLOB", "BIGINT"), "BLOB"),
    Native("gs_bit_count_bytes", lambda text: int.from_bytes(text).bit_count(), ("BLOB",), "BIGINT"),
    Native("gs_reverse_bytes", lambda text: text[::-1], ("BLOB",), "BLOB"),
)
