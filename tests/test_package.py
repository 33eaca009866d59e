"""What is built: small, of the code alone, of one version; and the wheel works in a fresh environment outside of here.

`pytest -n 0 -m slow tests/test_package.py`: a minute and more, for the model is compiled anew; .ci/run leaves out the
fresh environment. It fetches what builds, and what the package rests on.
"""

import json
import os
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = {"sim", "experiments", "scenarios", "studio"}
MB = 1_000_000
pytestmark = pytest.mark.slow


def uv(*words, **more):
    """Run uv, which .ci/run installs, without the environment of the tests."""
    clean = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run([shutil.which("uv"), *words], env=clean, capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed (python -m pip install uv)")
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "-q", "-o", str(folder), str(ROOT))
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_is_small_and_of_code_alone(built):
    wheel, _ = built
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert wheel.stat().st_size < 2 * MB
    assert {name.split("/")[0] for name in names} - {f"hearthside-{PROJECT['version']}.dist-info"} == PACKAGES
    assert {"sim/community.py", "scenarios/baseline.toml", "studio/static/app.js", "experiments/studies/dial.toml"} < {
        *names
    }
    assert not [
        name for name in names if name.endswith((".png", ".parquet", ".gz")) or "/web/" in name or "test_" in name
    ]


def test_the_sdist_is_small_and_builds_the_wheel(built):
    _, sdist = built
    top = f"hearthside-{PROJECT['version']}/"
    with tarfile.open(sdist) as packed:
        names = {name.removeprefix(top) for name in packed.getnames()}
    assert sdist.stat().st_size < 5 * MB
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff"} < names
    allowed = (*(f"{name}/" for name in PACKAGES),)
    assert [name for name in names if "/" in name and not name.startswith(allowed)] == []
    assert not [name for name in names if name.endswith((".png", ".parquet", ".gz")) or "node_modules" in name]


def test_the_version_stands_in_one_place():
    assert "version: " + PROJECT["version"] in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if "node_modules" not in path.parts]
    assert [path for path in sources if "__version__ =" in path.read_text(encoding="utf-8")] == []


def test_the_wheel_works_in_a_fresh_environment(built, tmp_path):
    wheel, _ = built
    uv("venv", "-q", str(tmp_path / "env"))
    uv("pip", "install", "-q", "--python", str(tmp_path / "env"), str(wheel))
    hearth = str(tmp_path / "env" / "bin" / "hearth")
    clean = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}

    def run(*words):
        done = subprocess.run([hearth, *words], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version").startswith(f"hearthside {PROJECT['version']}, model ")
    assert "--worlds" in run("compare", "--help")
    small = ["--members", "30", "--days", "5", "--worlds", "2"]
    data = json.loads(run("compare", "broadcast", "facilitation", "--json", *small))
    assert data["labels"] == ["broadcast", "facilitation"]
    assert (tmp_path / data["folder"] / "report.html").is_file()
