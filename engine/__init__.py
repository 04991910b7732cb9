"""The engine: picture -> predict -> melqcd -> generate -> stems -> takes."""

import os

# Spinning OpenMP threads cost five to ten times on a busy machine; the policy is read when the
# OpenMP runtime loads, that is with torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
