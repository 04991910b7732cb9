"""REAPER 6 or later: cuelock.lua runs inside as a ReaScript and relays, never holding REAPER up.

REAPER's tracks take clips of any channels and cannot be locked by themselves.
"""
