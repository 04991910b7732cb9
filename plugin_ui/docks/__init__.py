"""What stands around the lanes: layers, takes, the region to be made anew."""
