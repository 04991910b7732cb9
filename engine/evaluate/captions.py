"""Captions that need no recording: what is asked for, and which AudioSet names are right.

Right is the class itself or its parent in AudioSet's ontology. `sounds_like` is the class of a
manifest whose recordings lend their typical curves.
"""

from __future__ import annotations

from typing import NamedTuple


class Caption(NamedTuple):
    """text: the prompt; names: AudioSet display names that count as right."""

    text: str
    sounds_like: str
    names: tuple[str, ...]


CAPTIONS: tuple[Caption, ...] = (
    Caption("a dog barks", "dog", ("Bark", "Bow-wow", "Dog", "Domestic animals, pets")),
    Caption("a cat meows", "cat", ("Meow", "Cat", "Domestic animals, pets")),
    Caption("a cow moos", "cow", ("Moo", "Cattle, bovinae")),
    Caption("a horse neighs", "horse", ("Neigh, whinny", "Horse")),
    Caption("a sheep bleats", "sheep_goat", ("Bleat", "Sheep", "Goat")),
    Caption("a pig grunts", "pig", ("Oink", "Pig")),
    Caption("a hen clucks", "poultry", ("Cluck", "Chicken, rooster", "Fowl")),
    Caption(
        "birds chirp and sing",
        "bird",
        ("Chirp, tweet", "Bird vocalization, bird call, bird song", "Bird"),
    ),
    Caption("a frog croaks", "frog", ("Croak", "Frog")),
    Caption("flies buzz", "insects", ("Fly, housefly", "Mosquito", "Bee, wasp, etc.", "Insect")),
    Caption("a lion roars", "wild_cat", ("Roar", "Roaring cats (lions, tigers)", "Wild animals")),
    Caption("rain falls", "rain", ("Rain", "Rain on surface", "Raindrop", "Water")),
    Caption("thunder rumbles", "thunder", ("Thunder", "Thunderstorm")),
    Caption("wind blows", "wind", ("Wind", "Wind noise (microphone)")),
    Caption("water flows in a stream", "water_flow", ("Stream", "Waterfall", "Water")),
    Caption("water is poured", "water_pour", ("Pour", "Fill (with liquid)", "Liquid")),
    Caption("something splashes into water", "splash", ("Splash, splatter", "Liquid")),
    Caption("waves roll onto a beach", "ambience_sea", ("Waves, surf", "Ocean", "Water")),
    Caption("a fire crackles", "fire", ("Crackle", "Fire")),
    Caption("a gunshot", "gunshot", ("Gunshot, gunfire", "Explosion")),
    Caption("automatic gunfire", "gun_automatic", ("Machine gun", "Gunshot, gunfire")),
    Caption("an explosion", "explosion", ("Explosion", "Boom")),
    Caption("fireworks pop", "fireworks", ("Fireworks", "Firecracker", "Explosion")),
    Caption("glass shatters", "glass_break", ("Shatter", "Glass")),
    Caption("a hammer strikes", "hammer", ("Hammer", "Tools")),
    Caption("a hand saw cuts wood", "saw", ("Sawing", "Tools")),
    Caption("an electric drill runs", "drill", ("Drill", "Power tool", "Tools")),
    Caption("a door slams", "door_slam", ("Slam", "Door")),
    Caption("a door creaks", "creak", ("Creak", "Squeak", "Door")),
    Caption("footsteps on gravel", "footsteps_gravel", ("Walk, footsteps", "Run")),
    Caption("a bell rings", "bell", ("Bell", "Church bell", "Chime", "Ding")),
    Caption("an alarm beeps", "alarm", ("Alarm", "Alarm clock", "Beep, bleep", "Buzzer")),
    Caption(
        "a police siren wails",
        "siren",
        ("Police car (siren)", "Siren", "Emergency vehicle", "Alarm"),
    ),
    Caption("a clock ticks", "clock_tick", ("Tick", "Tick-tock", "Clock", "Mechanisms")),
    Caption(
        "a computer keyboard is typed on",
        "keyboard_key",
        ("Computer keyboard", "Typewriter", "Typing"),
    ),
    Caption(
        "a vehicle engine runs", "engine", ("Engine", "Idling", "Motor vehicle (road)", "Vehicle")
    ),
    Caption("a helicopter flies", "helicopter", ("Helicopter", "Aircraft")),
    Caption("a jet engine roars", "aircraft", ("Jet engine", "Aircraft engine", "Aircraft")),
    Caption("a train rolls by", "train", ("Train", "Railroad car, train wagon", "Rail transport")),
    Caption("a crowd cheers", "crowd", ("Cheering", "Crowd", "Applause")),
)
