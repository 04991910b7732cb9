"""What weights are there, and loading them."""
