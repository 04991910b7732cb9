"""Where the playhead is, what moves it, and the row of buttons under the picture."""
