"""A guide is performed to the picture: recorded, laid on the frame it was meant for, kept."""
