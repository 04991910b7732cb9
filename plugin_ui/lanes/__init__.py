"""Sound and curves of a range on one time axis, and the hand on them."""
