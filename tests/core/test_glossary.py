"""The glossary explains each of the field's words that the app's texts use."""

import ast
import re
from pathlib import Path

import pytest
import streamlit as st

from core.glossary import GLOSSARY, terms

ROOT = Path(__file__).parents[2]
# Words of the field, independent of the glossary: a text that uses one of them needs an entry that contains it.
FIELD = """
    accuracy, activation, attention, augmentation, autoencoder, backbone, backpropagation, batch,
    batch normalization, bias, bottleneck, calibration, channel, checkerboard, classification,
    convolution, cross-entropy, decoder, deep supervision, density, depthwise, dice, dilation, distillation, dropout,
    early stopping, embedding, encoder, epoch, f-measure, feature map, filter, fine-tuning, frozen, fully convolutional,
    gradient, held-out, hyperparameter, imagenet, iou, kernel, latent code, latent space, learning rate, logit, loss,
    mask, mean absolute error, mean squared error, mnist, momentum, multiply-add, one-hot, optimizer, output padding,
    overfitting, padding, parameter, pooling, precision, quantization, random seed, recall, receptive
    field, reconstruction, regularizer, relu, residual, score map, segmentation, sigmoid, skip connection, softmax,
    stride, threshold, training data, transfer learning, transposed convolution, validation, warm-up, weight decay
"""
WORDS = [" ".join(word.split()) for word in FIELD.split(",")]


STREAMLIT = {name for name in dir(st) if name.islower()} | {"choice", "number", "select"}  # the last: of PageState
NO_TEXT = {"key", "icon", "js", "css", "html", "language"}


def screen_texts(source):
    """(line, text) of the strings in arguments of Streamlit calls and of settings, and in a module's constants."""
    tree = ast.parse(source)
    roots = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0])[0] != "_"
    ]
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name.endswith("Setting") or name in STREAMLIT:
                roots += [*call.args, *(each.value for each in call.keywords if each.arg not in NO_TEXT)]
    parts = {part for root in roots for part in ast.walk(root)}
    return {(part.lineno, part.value) for part in parts if isinstance(getattr(part, "value", None), str)}


def missing(texts):
    """(line, word of the field) where the glossary explains none of the terms that contain the word."""
    for line, text in texts:
        for word in WORDS:
            if re.search(rf"(?<![\w-]){word}(?:s|es)?(?![\w-])", text, re.IGNORECASE):
                explained = terms(text)
                if not any(word in term.lower() for term in explained):
                    yield line, word


@pytest.mark.parametrize("folder", ["pages", "ui"])
def test_every_word_of_the_field_on_screen_is_explained(folder):
    without = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, word in missing(screen_texts(path.read_text(encoding="utf-8")))
    ]
    assert not without, "words without an entry in core/glossary.py:\n" + "\n".join(without)


def test_a_word_without_an_entry_is_reported():
    source = (
        'left.slider("Dropout and strides", key="momentum")\nprint("momentum")\n'
        'RATE = FloatSetting("Weight decay")\nNAMES = {"Attention": 1}'
    )
    assert sorted(missing(screen_texts(source))) == [(1, "dropout"), (3, "weight decay"), (4, "attention")]


@pytest.mark.parametrize("term", GLOSSARY)
def test_an_entry_has_two_sentences(term):
    text = GLOSSARY[term]
    sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", text)
    assert len(sentences) == 2, sentences
    assert all(sentence.endswith(".") for sentence in sentences)
    assert max(len(sentence.split()) for sentence in sentences) <= 26


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Transposed convolutions and a convolution", ["transposed convolution", "convolution"]),
        ("Kernel height, KERNELS, iou", ["kernel", "IoU"]),
        ("Number of classes in the biases", ["bias"]),
        ("kernel_h, unpadded, encoderless", []),
    ],
)
def test_terms_of_a_text(text, expected):
    assert terms(text) == expected
