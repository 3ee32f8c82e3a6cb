"""Several visitors at once against the real server, without a browser."""

import threading

import numpy as np
import pytest

from benchmarks import crowd
from benchmarks.browser import served


@pytest.fixture(scope="module")
def server():
    with served() as started:
        yield started


def test_first_visitors_who_come_at_once_by_a_link_all_get_the_frame(server):
    url, _ = server
    places = {"convolution": "Convolution", "latent_space": "Latent space", "segmentation": "Segmentation"}
    answers, ready = [], threading.Barrier(len(places))

    def visit(visitor, place):
        ready.wait()
        answers.append(crowd.opened(visitor, *place)())

    with crowd.gathered(url, len(places)) as visitors:
        threads = [threading.Thread(target=visit, args=each) for each in zip(visitors, places.items(), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == ["", "", ""]


def test_each_of_three_visitors_gets_the_answers_to_its_own_input(server):
    url, _ = server
    with crowd.gathered(url, 3) as visitors:
        outcome = crowd.together(visitors, rounds=1, seed=1)
    assert outcome.steps == 30
    assert outcome.check().problems == []


def test_the_answer_to_somebody_elses_input_is_called_wrong(server):
    url, _ = server
    random = np.random.default_rng(2)
    mine, other = crowd.photo(random), crowd.photo(random)
    with crowd.gathered(url, 1) as (visitor,):
        visitor.open("segmentation")
        visitor.upload("uploads", "photo.jpg", mine)
        shown = visitor.elements("imgs")[0].imgs[0]
        answer = shown.caption, visitor.fetch(shown.url)
        assert crowd.wrong_mask(mine, 0.5, *answer) == ""
        assert "came as" in crowd.wrong_mask(other, 0.5, *answer)
        assert "came as" in crowd.wrong_mask(mine, 0.95, *answer)
        visitor.open("latent_space")
        visitor.report("plane_layer", "click", [1.0, 2.0])
        html = visitor.elements("html")[0].body
        assert crowd.wrong_digit(np.array([1.0, 2.0]), html) == ""
        assert "off by" in crowd.wrong_digit(np.array([1.1, 2.0]), html)
        visitor.open("convolution")
        visitor.give("seed", [7.0])
        board = visitor.elements("bidi_component")[0].json
        layer = {"kernel_h": 3, "kernel_w": 3, "stride_h": 1}
        assert crowd.wrong_output(layer | {"seed": 7}, board) == ""
        assert "came as" in crowd.wrong_output(layer | {"seed": 8}, board)
