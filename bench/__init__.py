"""Every figure in the documents is printed by a module here; README.md beside this is the map."""
