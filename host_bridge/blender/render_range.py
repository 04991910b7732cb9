"""Run by a second Blender: renders a range of a scene's sequencer as a small movie without sound.

Behind "--": the scene's name, its first and last frame, the most lines of the movie, its path.
"""

# pyright: reportMissingImports=false

import sys

import bpy

name, first, last, lines, path = sys.argv[sys.argv.index("--") + 1 :]
scene = bpy.data.scenes[name]
render, smaller = scene.render, min(1.0, int(lines) / scene.render.resolution_y)
render.resolution_x, render.resolution_y = (
    max(2, round(side * smaller) // 2 * 2) for side in (render.resolution_x, render.resolution_y)
)
render.resolution_percentage = 100
scene.use_preview_range = False
scene.frame_start, scene.frame_end = int(first), int(last)
render.use_sequencer = True
if hasattr(render.image_settings, "media_type"):  # since 5.0
    render.image_settings.media_type = "VIDEO"
render.image_settings.file_format = "FFMPEG"
coder = render.ffmpeg
coder.format, coder.codec, coder.audio_codec = "MPEG4", "H264", "NONE"
coder.constant_rate_factor, coder.gopsize = "PERC_LOSSLESS", 24
render.filepath, render.use_overwrite = path, True
bpy.ops.render.render(animation=True, scene=name)
