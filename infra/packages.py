"""Prints how large each function is that `sam build` has made, as a program and zipped, and keeps the archives where it is told to.

Usage: packages.py BUILT | packages.py BUILT INTO ARCHITECTURE
"""

import io
import pathlib
import sys
import zipfile

MEGABYTE = 1_000_000


def zipped(program: pathlib.Path) -> bytes:
    """The archive of a program: the same program makes the same archive, whenever it was built."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        entry = zipfile.ZipInfo(program.name)
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(entry, program.read_bytes())
    return archive.getvalue()


def main(built: pathlib.Path, into: pathlib.Path | None = None, architecture: str = "") -> None:
    programs = sorted(built.glob("*/bootstrap"))
    if not programs:
        sys.exit(f"There are no packages in {built}. Build them with `make build`.")
    for program in programs:
        function, archive = program.parent.name, zipped(program)
        print(f"{function:20} {program.stat().st_size / MEGABYTE:5.1f} MB, zipped {len(archive) / MEGABYTE:4.1f} MB")
        if into is not None:
            into.mkdir(parents=True, exist_ok=True)
            (into / f"natter-{function.removesuffix('Function').lower()}-{architecture}.zip").write_bytes(archive)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [built]:
            main(pathlib.Path(built))
        case [built, into, architecture]:
            main(pathlib.Path(built), pathlib.Path(into), architecture)
        case _:
            sys.exit(__doc__)
