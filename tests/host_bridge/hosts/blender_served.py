"""Runs inside Blender: does what lines on stdin say, and answers each with a line of JSON.

A line is {"do": PYTHON, "given": ANY}; PYTHON is an expression over `bpy`, the add-on's modules and
`given`, or statements that set `answer`.
"""

# pyright: reportMissingImports=false

import json
import sys

import bpy  # first: the module brings its own others  # isort: skip
import addon_utils

assert addon_utils.enable("cuelock", default_set=True)

from host_bridge.blender import strips, timeline  # noqa: E402
from host_bridge.errors import CuelockError  # noqa: E402

for line in sys.stdin:
    asked = json.loads(line)
    names = {"bpy": bpy, "strips": strips, "timeline": timeline, "given": asked["given"]}
    names["scene"] = bpy.context.scene
    try:
        exec(asked["do"], names)
        said = {"answer": names.get("answer")}
    except CuelockError as error:
        said = {"refused": {"code": error.code, "message": error.message, "hint": error.hint}}
    except Exception as error:
        said = {"failed": repr(error)}
    print("ANSWER " + json.dumps(said), flush=True)
