"""What every stage uses: checks of arguments, files, optional packages, the seam to the core."""
