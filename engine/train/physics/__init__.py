"""Scenes of real bodies: built, set going, simulated in MuJoCo, filmed, and sounded.

stage: what a scene is made of; acts: what happens in it; simulate: when what is struck, and how
hard; camera: pictures of it, and where in them; scene: one scene as examples for training.
"""

import os

# MuJoCo chooses how it draws when it is first imported; this way needs neither screen nor GPU. So
# small a picture is drawn sooner by one thread than handed to others.
os.environ.setdefault("MUJOCO_GL", "osmesa")
os.environ.setdefault("LP_NUM_THREADS", "0")
