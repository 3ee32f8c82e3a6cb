"""The lock files pin every package with hashes, agree with the direct requirements, and name no package index."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("requirements", "requirements-dev", "requirements-serve")


def pinned(name):
    """{(package, version)} of a file of requirements; of a lock file, only those with a hash."""
    text = (ROOT / name).read_text(encoding="utf-8")
    hashed = r" \\\n    --hash=sha256:\w{64}" if name.endswith(".lock") else ""
    pins = re.findall(rf"^([\w.-]+)(?:\[.*\])?==([^\s;]+)(?: ?;.*?)?{hashed}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\w", text, re.MULTILINE))
    return {(package.lower().replace("_", "-"), version) for package, version in pins}


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_file_has_the_direct_requirements_and_names_no_index(name):
    assert pinned(f"{name}.txt") <= pinned(f"{name}.lock"), "run make lock"
    assert not re.search(r"://|^-|/", (ROOT / f"{name}.lock").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_lock_files_agree(name):
    assert pinned("requirements.lock") <= pinned(f"{name}.lock"), "run make lock"


def test_every_installation_uses_a_lock_file():
    for name in ("Makefile", "Dockerfile", "README.md", "docs/deployment.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.findall(r"pip install.*-r \S+\.txt", text), name


def test_the_base_image_is_named_with_its_full_version():
    assert re.match(r"FROM python:3\.\d+\.\d+-slim-\w+$", (ROOT / "Dockerfile").read_text().splitlines()[1])
