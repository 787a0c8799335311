"""The service: estimates over HTTP, pages for a browser. Everything it knows comes from the store and the engine."""
