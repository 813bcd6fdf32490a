"""The pictures of README and site, drawn from the bundled sample and the tables of docs/."""
