"""How hard hypothesis tries: the same few examples each time, or, with `--hypothesis-profile=long`, many new ones.

And who runs what: a file stays with one worker, so that its fixtures are made, and its kernels loaded, once.
"""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
settings.register_profile(
    "short", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=SLOW, print_blob=True)
settings.load_profile("short")

os.fsync = lambda file: None  # no test cuts the power, and each file written would wait for the disk

# What is imported is kept as bytecode, whatever the environment says: dozens of processes start in these tests, and
# each would compile pandas, SciPy and Mesa anew, which takes ten times as long as to load them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Begun first, so that no worker is left alone with one of them at the end. There are more workers than a small machine
# has cores: the longest wait for a browser, or for processes of their own, and leave half a core to another meanwhile.
LONGEST = ["studio_page", "planted", "replications", "evidence", "calibration", "studio_lessons", "faults", "cluster",
           "properties", "batch", "studies", "new_rule", "coverage", "effects", "docking", "reference", "across", "why",
           "cli", "answers", "study", "report", "strangers", "fuzz", "checkpoint"]  # fmt: skip
TOGETHER = {"studio_server": "studio_page"}  # files that share what a session has once
IMPORTED, MANY = pytest.StashKey[int](), 20  # modules when the collector last looked, and how many more are many
ALONE = ("test_a_claim_holds_and_fails_where_it_is_said_to", "test_the_notebook_runs")  # share nothing with their file


def group_of(nodeid):
    """Tests of one group stay with one worker: a file, but for a few tests that are alone."""
    file, _, test = nodeid.partition("::")
    name = Path(file).stem.removeprefix("test_")
    return test.split("[")[0] if test.startswith(ALONE) else TOGETHER.get(name, name)


@pytest.hookimpl(optionalhook=True)  # of xdist, which is not loaded everywhere
def pytest_xdist_make_scheduler(config, log):
    """Give tests out by group (the mark `xdist_group` of xdist 3.8 does nothing with pytest 9.2)."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """Compile the model once, on both cores, before there are workers, each of which would compile it for itself."""
    from sim.compiled.compiling import compile_all

    compile_all()


def pytest_collection_modifyitems(items):
    """Among workers the longest files come first."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {name: k for k, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.stem.removeprefix("test_"), len(place)))


@pytest.fixture(scope="session")
def running():
    """The studio, for all tests that need one as it is."""
    from tests.studio_server import studio

    with studio() as made:
        yield made


@pytest.fixture(scope="module")
def unpainted():
    """Figures are drawn, and not turned into pixels: for tests of what is said, stored and gone on with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.pages.page.png", lambda figure: b"")
        yield


def keep_what_is_imported():
    """What is imported stays: the collector of garbage need not look through it again and again.

    Asked for by name it looks through everything, as each adjustment of p values by statsmodels does.
    """
    gc.collect()
    gc.freeze()
    return len(sys.modules)


def pytest_collection_finish(session):
    session.config.stash[IMPORTED] = keep_what_is_imported()


def pytest_runtest_setup(item):
    """Libraries that a test imported, late as the commands do, stay too."""
    if len(sys.modules) > item.config.stash[IMPORTED] + MANY:
        item.config.stash[IMPORTED] = keep_what_is_imported()
