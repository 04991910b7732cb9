"""Premiere Pro: a panel of its own (UXP, TypeScript in src) that talks to the gateway."""
