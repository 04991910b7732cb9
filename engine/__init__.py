"""The engine: picture -> predict -> melqcd -> generate -> stems -> takes."""

import os

# Spinning OpenMP threads cost five to ten times on a busy machine; the policy is read when the
# OpenMP runtime loads, that is with torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Some microseconds are looked for the next piece of work before a thread sleeps (GNU OpenMP): small
# layers take less than waking up, and nobody notices.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
