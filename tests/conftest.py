"""How hard hypothesis tries: the same few examples each time, or, with `--hypothesis-profile=long`, many new ones.

And who runs what: a file stays with one worker, so that its fixtures are made, and its kernels loaded, once.
"""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
settings.register_profile(
    "short", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=SLOW, print_blob=True)
settings.load_profile("short")

os.fsync = lambda file: None  # no test cuts the power, and each file written would wait for the disk

# Begun first, so that no worker is left alone with one of them at the end.
LONGEST = ["planted", "study", "cli", "studio_page", "checkpoint", "report", "new_rule", "replications"]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Let the tests of a file be one group, where they are in none; among workers the longest files come first."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {f"test_{name}": k for k, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def running():
    """The studio, for all tests that need one as it is."""
    from tests.studio_server import studio

    with studio() as made:
        yield made


def pytest_collection_finish():
    """What is imported by now stays: the collector of garbage need not look through it after each test."""
    gc.collect()
    gc.freeze()
