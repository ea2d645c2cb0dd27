"""The six stages of the line. Each acts on what `scanpipe.core` decided; none imports another."""
