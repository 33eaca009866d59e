"""How hard hypothesis tries: the same few examples each time, or, with `--hypothesis-profile=long`, many new ones."""

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
settings.register_profile(
    "short", max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=SLOW, print_blob=True)
settings.load_profile("short")
