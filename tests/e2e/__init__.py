"""A package, so that its browser fixture ends with it: Playwright's event loop blocks others."""
