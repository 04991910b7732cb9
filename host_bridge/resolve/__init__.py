"""DaVinci Resolve 19.1 or later, free or Studio, with the official scripting functions.

In every edition cuelock.lua runs inside Resolve (Workspace > Scripts) and relays; in Studio a
script with DaVinciResolveScript may hand its own `resolve` to ResolveHost. Resolve cannot group
functions into one step of undo.
"""
