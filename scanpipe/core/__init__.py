"""What scanpipe decides, without files, clock, SQL or logging: time and facts come in as arguments."""
