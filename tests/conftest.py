def pytest_collection_modifyitems(items):
    """Browser tests run last: Playwright keeps an event loop running in the main thread, which `AppTest` dislikes."""
    items.sort(key=lambda item: "browser" in item.path.parts)
