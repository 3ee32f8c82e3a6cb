"""Several users at once on a real server, without a browser."""

import threading

import numpy as np
import pytest

from benchmarks import crowd, crowd_steps
from benchmarks.browser import served


@pytest.fixture(scope="module")
def url():
    with served() as (url, _):
        yield url


def test_the_first_users_who_open_pages_at_once_get_the_navigation(url):
    titles = {"convolution": "Convolution", "latent_space": "Latent space", "segmentation": "Segmentation"}
    problems, barrier = [], threading.Barrier(len(titles))

    def visit(user, page):
        barrier.wait()
        problems.append(crowd_steps.open_page(user, *page)())

    with crowd.connected(url, len(titles)) as users:
        threads = [threading.Thread(target=visit, args=each) for each in zip(users, titles.items(), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == ["", "", ""]


def test_three_users_get_the_answers_to_their_own_input(url):
    with crowd.connected(url, 3) as users:
        outcome = crowd.run_crowd(users, rounds=1, seed=1)
    assert outcome.steps == 30
    assert outcome.check().problems == []


def test_the_checks_reject_the_answer_to_another_input(url):
    random = np.random.default_rng(2)
    photo, other = crowd_steps.random_photo(random), crowd_steps.random_photo(random)
    with crowd.connected(url, 1) as (user,):
        user.open("segmentation")
        user.upload("uploads", "photo.jpg", photo)
        picture = user.elements("imgs")[0].imgs[0]
        answer = picture.caption, user.fetch(picture.url)
        assert crowd_steps.wrong_mask(photo, 0.5, *answer) == ""
        assert "came as" in crowd_steps.wrong_mask(other, 0.5, *answer)
        assert "came as" in crowd_steps.wrong_mask(photo, 0.95, *answer)
        user.open("latent_space")
        user.report("plane_layer", "click", [1.0, 2.0])
        html = user.elements("html")[0].body
        assert crowd_steps.wrong_digit(np.array([1.0, 2.0]), html) == ""
        assert "off by" in crowd_steps.wrong_digit(np.array([1.1, 2.0]), html)
        user.open("convolution")
        user.set("seed", [7.0])
        board = user.elements("bidi_component")[0].json
        settings = {"kernel_h": 3, "kernel_w": 3, "stride_h": 1}
        assert crowd_steps.wrong_output(settings | {"seed": 7}, board) == ""
        assert "came as" in crowd_steps.wrong_output(settings | {"seed": 8}, board)
