# Put here by `cuelock hosts install blender`, with COMMAND and ROOMS filled in; written anew by it.
# What it does is read from cuelock's own folder.
import importlib.util
import sys

bl_info = {
    "name": "cuelock",
    "description": "Foley stems that follow the picture, placed on the frame",
    "author": "cuelock",
    "version": (1, 0),
    "blender": (3, 4, 0),
    "location": "Video Sequencer > Sidebar > cuelock",
    "category": "Sequencer",
}
COMMAND = []
ROOMS = ""


def _addon():
    """The add-on out of cuelock's folder; nothing else of that folder can be imported."""
    if "host_bridge" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "host_bridge", ROOMS + "/__init__.py", submodule_search_locations=[ROOMS]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules["host_bridge"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["host_bridge"])
    return importlib.import_module("host_bridge.blender.addon")


def register():
    _addon().register(COMMAND)


def unregister():
    _addon().unregister()
