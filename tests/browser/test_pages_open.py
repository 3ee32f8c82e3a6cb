import pytest


@pytest.mark.parametrize("name", ["home", "convolution", "latent_space", "segmentation"])
def test_page_opens_with_a_title_and_no_error(open_page, name):
    page = open_page(name)
    assert page.locator("h1").first.inner_text().strip()
