"""What makes and checks a release: wheels, their contents, the bounds of what they depend on."""
