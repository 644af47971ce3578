"""Prints how large each function is that `sam build` has made, as a program and zipped, and keeps the archives where it is told to.

Usage: packages.py check BUILT ARCHITECTURE | packages.py BUILT ARCHITECTURE [INTO]

Both end with a sentence where a program is for another processor: SAM builds for the machine's own where it is not told `arm64`.
"""

import io
import pathlib
import sys
import zipfile

MEGABYTE = 1_000_000
# By the number that an ELF file has for its processor (e_machine, at byte 18).
PROCESSORS = {62: "x86_64", 183: "arm64"}


def processor(program: pathlib.Path) -> str:
    """Returns what a program runs on, in Lambda's words."""
    with program.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return "a system other than Linux"
    number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
    return PROCESSORS.get(number, f"the processor {number}")


def zipped(folder: pathlib.Path) -> bytes:
    """The archive of a package, which is a program and perhaps its tools: the same ones make the same archive, whenever it was built."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for packaged in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(packaged.name)
            entry.external_attr = (0o755 if packaged.name == "bootstrap" else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, packaged.read_bytes())
    return archive.getvalue()


def check(built: pathlib.Path, architecture: str) -> list[pathlib.Path]:
    """Returns the programs, all of which are for the processor."""
    programs = sorted(built.glob("*/bootstrap"))
    if not programs:
        sys.exit(f"There are no packages in {built}. Build them with `make build`.")
    for program in programs:
        if (found := processor(program)) != architecture:
            sys.exit(
                f"{program.parent.name} was built for {found}, and shall run on {architecture}. "
                f"Build on a machine of that kind, or set Architecture to the one that this machine builds for."
            )
    return programs


def main(built: pathlib.Path, architecture: str, into: pathlib.Path | None = None) -> None:
    for program in check(built, architecture):
        function, archive = program.parent.name, zipped(program.parent)
        print(f"{function:20} {program.stat().st_size / MEGABYTE:5.1f} MB, zipped {len(archive) / MEGABYTE:4.1f} MB")
        if into is not None:
            into.mkdir(parents=True, exist_ok=True)
            (into / f"natter-{function.removesuffix('Function').lower()}-{architecture}.zip").write_bytes(archive)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", built, architecture]:
            check(pathlib.Path(built), architecture)
        case [built, architecture]:
            main(pathlib.Path(built), architecture)
        case [built, architecture, into]:
            main(pathlib.Path(built), architecture, pathlib.Path(into))
        case _:
            sys.exit(__doc__)
