"""What pyproject.toml cannot say: folders of data are packages to setuptools, but their scripts stay out of wheels."""

from __future__ import annotations

from setuptools import setup
from setuptools.command.build_py import build_py


class WithoutScripts(build_py):
    """Leaves out the Python files of `profiler._data.*`: they rebuild what lies beside them in a checkout."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """(package, module, file) of what becomes importable."""
        if package.startswith("profiler._data"):
            return []
        found: list[tuple[str, str, str]] = super().find_package_modules(package, package_dir)
        return found


setup(cmdclass={"build_py": WithoutScripts})
