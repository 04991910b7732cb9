"""The add-on's operators, and its panel in the sequencer's sidebar."""

# Blender's classes have no types outside of it.
# pyright: reportMissingImports=false, reportUntypedBaseClass=false

from __future__ import annotations

import time
from typing import Any, Optional, Sequence

import bpy

from host_bridge.blender.errands import Steps, events, known, sounds
from host_bridge.errors import CuelockError

_TICK_SECONDS = 0.1
#: How cuelock is started, as the file in Blender's folder of add-ons says.
_command: list[str] = []


class _Errand(bpy.types.Operator):
    """What all operators do: a step each tick, or all at once where there is no window."""

    def steps(self, context: Any) -> Steps:
        raise NotImplementedError

    def execute(self, context: Any) -> set[str]:
        self._steps = self.steps(context)
        if bpy.app.background:
            while (ended := self._step(context)) is None:
                time.sleep(_TICK_SECONDS)
            return ended
        self._timer = context.window_manager.event_timer_add(_TICK_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        if event.type not in ("ESC", "TIMER"):
            return {"PASS_THROUGH"}
        ended = {"CANCELLED"} if event.type == "ESC" else self._step(context)
        if ended is None:
            return {"PASS_THROUGH"}
        self._steps.close()
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        return ended

    def _step(self, context: Any) -> Optional[set[str]]:
        """One step; None while there is more to do. What came of it is reported."""
        try:
            how_far = next(self._steps)
        except StopIteration as done:
            self.report({"INFO"}, done.value)
            return {"FINISHED"}
        except CuelockError as error:
            self.report({"ERROR"}, f"{error.message} {error.hint}")
            return {"CANCELLED"}
        if not bpy.app.background:
            context.workspace.status_text_set(f"cuelock: {how_far}   (Esc cancels)")
        return None


class CUELOCK_OT_sound(_Errand):  # noqa: N801 (as Blender names operators)
    bl_idname = "cuelock.sound"
    bl_label = "Sound for My Marks"
    bl_description = "Make what is written above for the preview range; nothing: what is seen"

    def steps(self, context: Any) -> Steps:
        texts = [text.strip() for text in context.scene.cuelock_text.split(";")]
        want = {"do": "render", "texts": [text for text in texts if text]}
        return sounds(_command, context.scene, want)


class CUELOCK_OT_texture(_Errand):  # noqa: N801
    bl_idname = "cuelock.texture"
    bl_label = "New Texture Under My Marks"
    bl_description = "Make anew what sounds under the preview range; its timing stays"

    def steps(self, context: Any) -> Steps:
        return sounds(_command, context.scene, {"do": "regenerate"})


class CUELOCK_OT_take(_Errand):  # noqa: N801
    bl_idname = "cuelock.take"
    bl_label = "Place This Take"
    bl_description = "Put the named take where it belongs; no name: the take of the active strip"

    def steps(self, context: Any) -> Steps:
        return known(_command, context.scene)


class CUELOCK_OT_events(_Errand):  # noqa: N801
    bl_idname = "cuelock.events"
    bl_label = "Mark the Events"
    bl_description = "A marker at every moment of the preview range that should sound"

    def steps(self, context: Any) -> Steps:
        return events(_command, context.scene)


class CUELOCK_PT_sidebar(bpy.types.Panel):  # noqa: N801
    bl_label = "cuelock"
    bl_category = "cuelock"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"

    def draw(self, context: Any) -> None:
        layout = self.layout
        layout.prop(context.scene, "cuelock_text")
        layout.prop(context.scene, "cuelock_start")
        for operator in (CUELOCK_OT_sound, CUELOCK_OT_texture, CUELOCK_OT_events):
            layout.operator(operator.bl_idname)
        layout.prop(context.scene, "cuelock_take")
        layout.operator(CUELOCK_OT_take.bl_idname)


_CLASSES = (
    CUELOCK_OT_sound,
    CUELOCK_OT_texture,
    CUELOCK_OT_take,
    CUELOCK_OT_events,
    CUELOCK_PT_sidebar,
)


def register(command: Sequence[str]) -> None:
    """Show the add-on. command: how cuelock is started."""
    _command[:] = command
    bpy.types.Scene.cuelock_text = bpy.props.StringProperty(
        name="Sounds", description="What should sound; semicolons separate layers"
    )
    bpy.types.Scene.cuelock_start = bpy.props.StringProperty(
        name="Start",
        description="Timecode of the scene's first frame; with a semicolon, labels drop",
        default="00:00:00:00",
    )
    bpy.types.Scene.cuelock_take = bpy.props.StringProperty(
        name="Take", description="Name of a take; nothing: that of the active strip"
    )
    for one in _CLASSES:
        bpy.utils.register_class(one)


def unregister() -> None:
    for one in reversed(_CLASSES):
        bpy.utils.unregister_class(one)
    del bpy.types.Scene.cuelock_text, bpy.types.Scene.cuelock_start, bpy.types.Scene.cuelock_take
