"""Pages for a browser, drawn on the server, with the templates and style of the reports. All work without scripts."""
