"""The catalogue (catalogue.db), the search index (search.db) and people's requests: caches of vault and journal, save the last."""
