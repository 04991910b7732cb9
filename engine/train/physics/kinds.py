"""Sound classes that fit what bodies do."""

BOUNCY = ("ball_bounce", "balloon_rubber", "toy_squeak")
SOLID = (
    "wood_impact", "metal_impact", "stone_impact", "impact_generic", "plastic", "container",
    "ceramic", "coins", "glass_clink", "keys_lock", "gun_mechanism",
)  # fmt: skip
STRUCK = (
    "hammer", "metal_impact", "wood_impact", "chop_wood", "stone_impact", "mining", "sword",
    "impact_generic", "dig", "bell", "ice_crack",
)  # fmt: skip
TAPPED = ("keyboard_key", "switch_button", "wood_impact", "punch_body", "impact_generic", "writing")
SHUT = ("door_slam", "door", "gate", "car_door", "container")
STEPS = (
    "footsteps_hard", "footsteps_gravel", "footsteps_wood", "footsteps_grass", "footsteps_snow",
    "footsteps_sand_dirt", "footsteps_water", "footsteps_metal", "footsteps_carpet",
)  # fmt: skip
SLIDES = ("metal_scrape", "saw", "cloth", "writing", "skid_brake", "paper", "tape_zip")
ROLLS = ("metal_rattle", "train", "metal_scrape", "mechanism")
TURNS = ("engine", "machine", "drill", "appliance", "mechanism", "water_pour", "helicopter")
CREAKS = ("creak", "metal_scrape")
