"""Prints how large each function's package is that `sam build` has made: the program, and zipped as it is uploaded.

Usage: package_sizes.py FOLDER
"""

import io
import pathlib
import sys
import zipfile

MEGABYTE = 1_000_000


def zipped(program: pathlib.Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(program, program.name)
    return len(archive.getvalue())


programs = sorted(pathlib.Path(sys.argv[1]).glob("*/bootstrap"))
if not programs:
    sys.exit(f"There are no packages in {sys.argv[1]}. Build them with `make build`.")
for program in programs:
    size = program.stat().st_size
    print(f"{program.parent.name:20} {size / MEGABYTE:5.1f} MB, zipped {zipped(program) / MEGABYTE:4.1f} MB")
