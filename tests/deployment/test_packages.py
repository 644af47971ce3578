"""A package is for the stack's processor."""

import pathlib
import tempfile
import unittest
import zipfile

import scripts

# The beginning of a program for Linux, up to the number of its processor.
ELF = bytes([0x7F, *b"ELF", 2, 1, 1, *[0] * 9, 3, 0])


class Packages(unittest.TestCase):
    def check(self, program: bytes, architecture: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            bootstrap = pathlib.Path(folder) / "MessageFunction" / "bootstrap"
            bootstrap.parent.mkdir()
            bootstrap.write_bytes(program)
            return scripts.run("packages.py", folder, architecture).stdout

    def test_one_for_another_processor_is_refused(self):
        arm64, x86_64 = ELF + bytes([183, 0, 1, 0]), ELF + bytes([62, 0, 1, 0])
        self.assertIn("MessageFunction was built for arm64, and shall run on x86_64.", self.check(arm64, "x86_64"))
        self.assertIn("MessageFunction was built for x86_64, and shall run on arm64.", self.check(x86_64, "arm64"))
        self.assertIn("MB, zipped", self.check(arm64, "arm64"))

    def test_one_for_another_system_is_refused(self):
        self.assertIn("MessageFunction was built for a system other than Linux", self.check(b"\xcf\xfa\xed\xfe" * 8, "arm64"))

    def test_an_archive_has_the_program_and_its_tools(self):
        with tempfile.TemporaryDirectory() as folder:
            built, into = pathlib.Path(folder) / "built", pathlib.Path(folder) / "into"
            package = built / "MessageFunction"
            package.mkdir(parents=True)
            (package / "bootstrap").write_bytes(ELF + bytes([183, 0, 1, 0]))
            (package / "tools.toml").write_text("# none")
            scripts.run("packages.py", str(built), "arm64", str(into))
            with zipfile.ZipFile(into / "natter-message-arm64.zip") as archive:
                self.assertEqual(archive.namelist(), ["bootstrap", "tools.toml"])
