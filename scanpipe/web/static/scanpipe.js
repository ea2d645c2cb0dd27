// What works better with a little help; everything needed for searching and reading works without.
