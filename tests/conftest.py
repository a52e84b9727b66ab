"""Settings of the whole suite: property tests are seeded, and no machine is too slow for them."""

import os

from hypothesis import HealthCheck, settings

# The same examples in every run, so that a red run is red again. HYPOTHESIS_PROFILE=search looks
# for new ones; what it finds becomes an example of its own.
settings.register_profile(
    "seeded", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))
