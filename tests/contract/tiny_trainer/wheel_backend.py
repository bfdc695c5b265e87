"""Packs trainer/ into a wheel with the standard library alone (https://peps.python.org/pep-0517/)."""

import zipfile
from pathlib import Path

_INFO = "tiny_trainer-1.0.0.dist-info"
_NAME = "tiny_trainer-1.0.0-py3-none-any.whl"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {
        f"{_INFO}/METADATA": "Metadata-Version: 2.1\nName: tiny-trainer\nVersion: 1.0.0\n",
        f"{_INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_INFO}/RECORD": "",
    }
    with zipfile.ZipFile(Path(wheel_directory) / _NAME, "w") as wheel:
        for source in sorted(Path("trainer").glob("*.py")):
            wheel.write(source, source.as_posix())
        for name, text in files.items():
            wheel.writestr(name, text)
    return _NAME
