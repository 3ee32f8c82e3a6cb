"""The glossary: the field's terms, each in two sentences of plain English, and where a text uses them."""

import re

GLOSSARY = {
    # Convolution
    "convolution": "A layer that slides a small kernel over its input and writes one weighted sum at each place. All "
    "places share the same kernel values, so it needs few parameters and works for any input size.",
    "transposed convolution": "A layer that adds a copy of the kernel to the output for each input cell, multiplied by "
    "the cell's value. It restores the shape that a convolution had changed, but not the values.",
    "kernel": "The small grid of weights that a convolution slides over its input. Training changes these weights.",
    "filter": "One kernel for each input channel, together with one bias. Each filter computes one channel of the "
    "output.",
    "stride": "How many cells the kernel moves from one place to the next. A convolution with stride 2 about halves "
    "height and width, a transposed convolution with stride 2 about doubles them.",
    "padding": "Zeros around the input, so that the kernel can be placed at the edge. SAME adds as many as the output "
    "needs to have ⌈n / s⌉ cells, VALID adds no zeros.",
    "output padding": "Extra cells at the end of a transposed convolution's output. Several input sizes of a "
    "convolution give the same output size, and this number selects one of them.",
    "dilation": "The distance between the input cells that neighbouring kernel values multiply. With dilation 2, a "
    "3 × 3 kernel covers 5 × 5 cells with the same nine values.",
    "channel": "One of the values that each cell of an image or a feature map has. A colour photo has three: red, "
    "green and blue.",
    "feature map": "One channel of a layer's output, drawn as an image. It is large where its filter recognizes its "
    "pattern.",
    "receptive field": "The part of the input that can change one cell of a layer's output. It grows with each layer, "
    "and faster after each stride.",
    "checkerboard": "A regular pattern in the output of a transposed convolution. It appears if neighbouring cells get "
    "different numbers of kernel copies, or different kernel values.",
    "pooling": "A layer that replaces each small window by its largest value or its mean. It reduces height and width "
    "and has no parameters.",
    "depthwise convolution": "A convolution that filters each channel on its own. A 1 × 1 convolution after it mixes "
    "the channels, and both together need far fewer parameters.",
    "bias": "A number that a layer adds to all values of one output channel. It is a trainable parameter like the "
    "kernel values.",
    "parameter": "A number in a network that training can change, such as a kernel value or a bias. More of them can "
    "describe more, but need more data and more time.",
    "multiply-add": "One product and its addition to a sum, the basic step of a convolution. Their number says how "
    "much work a layer is.",
    "activation": "A function that is applied to each value after a layer's weighted sum. Without it, several layers "
    "would be no more than one linear layer.",
    "ReLU": "The activation that replaces negative values by 0 and keeps the others. It is simple and fast, but passes "
    "no gradient where its input is negative.",
    "regularizer": "A term that is added to the loss to keep the weights small. L2 adds a factor times the sum of all "
    "squared weights.",
    # Autoencoder
    "autoencoder": "A network that is trained to return its own input through a narrow middle. It must learn a short "
    "code that keeps what matters.",
    "encoder": "The part of a network that makes a small description of a large input. Its layers reduce height and "
    "width step by step.",
    "decoder": "The part of a network that makes a large output from a small description. Its transposed convolutions "
    "increase height and width step by step.",
    "bottleneck": "The narrowest place of a network, between encoder and decoder. What does not pass it is lost to the "
    "decoder.",
    "latent code": "The few numbers that an encoder gives for an input. This app uses two, z1 and z2, so that they "
    "can be drawn as a point.",
    "latent space": "The space of all latent codes; here it is a plane. Similar inputs have codes that are close to "
    "each other.",
    "density": "How many training digits have their codes near a point, per unit area. Where it is low, the decoder "
    "has learned from few examples.",
    "reconstruction": "What the decoder makes of an input's code. The difference to the input shows what the code does "
    "not hold.",
    "mean squared error": "The mean of the squared differences between two images, pixel by pixel. It is the loss of "
    "the autoencoder.",
    "MNIST": "A data set of 70,000 handwritten digits, 28 × 28 pixels each. The lesson uses its digits 1, 5 and 6.",
    # Classification and segmentation
    "classification": "The task of saying what is in a photo. The output is one score for each class.",
    "segmentation": "The task of saying which pixels belong to which class. The output has a score for each class at "
    "each pixel.",
    "fully convolutional": "A network without dense layers. It works for photos of any size, and its output is a map "
    "instead of a list.",
    "mask": "An image that says for each pixel whether it belongs to the object. A predicted mask comes from a "
    "network, the true mask from a person.",
    "score map": "A layer's scores for one class at each place. The scores are logits: a sigmoid or softmax makes "
    "probabilities of them.",
    "skip connection": "A way past several layers: features of the encoder go directly to the decoder at the same "
    "size. They bring back where the edges are.",
    "logit": "A score before it becomes a probability; it can be any number. A logit of 0 is a probability of 0.5.",
    "sigmoid": "The function 1 / (1 + exp(−z)), which turns a logit z into a probability from 0 to 1. Large logits "
    "come close to 1, very negative ones to 0.",
    "softmax": "The function that turns the scores of several classes into probabilities whose sum is 1. For two "
    "classes it is the sigmoid of the difference of their scores.",
    "one-hot": "A way to write a class as numbers: 1 for this class and 0 for all others. The true mask of the lesson "
    "has two such channels, background and object.",
    "threshold": "The probability above which a pixel belongs to the mask. A lower one makes the mask larger.",
    "IoU": "Intersection over union: the number of pixels in both masks, divided by those in at least one of them. It "
    "is 1 for equal masks and 0 if they share no pixel.",
    "Dice": "Twice the number of pixels in both masks, divided by the sum of their sizes. It is never below the IoU "
    "and ranks two masks in the same order.",
    "F-measure": "A mean of precision, the correct share of the predicted mask, and recall, the covered share of the "
    "true one. It is high only if both are high.",
    "accuracy": "The share of the pixels whose class is correct. It can be high for a poor mask if most of the "
    "photo is background.",
    "mean absolute error": "The mean distance between the predicted probability and the true mask, pixel by pixel. It "
    "is 0 for a perfect and certain prediction.",
    "calibration": "How well probabilities agree with reality. Of all pixels with probability 0.8, eight in ten should "
    "belong to the object.",
    # Training
    "training data": "The examples from which a network learns, each with the desired output. A good network also "
    "works for examples that are not among them.",
    "held-out": "Kept out of training, to measure a network on photos that it has never seen. Figures on training "
    "photos would be too good.",
    "validation": "Measuring on examples outside of training in order to make a choice, such as a calibration. Final "
    "figures need other examples again, because the choice fits these ones.",
    "epoch": "One pass of training over all training examples. Most trainings need several.",
    "batch": "The examples that are processed together before the weights change once. Larger ones give smoother "
    "steps, but fewer of them per epoch.",
    "loss": "The number that training makes smaller: how far the outputs are from the desired ones. Training and test "
    "loss together show whether a network learns or only memorizes.",
    "learning rate": "How far one step of training changes the weights. Too large, and training jumps about; too "
    "small, and it takes too long.",
    "gradient": "The direction in which a small change of the weights increases the loss most. Each step of training "
    "goes the opposite way.",
    "random seed": "The number from which random values are computed. The same one gives the same values again.",
    "batch normalization": "A layer that gives each channel mean 0 and variance 1, then a scale and an offset that are "
    "learned. It makes deep networks easier to train.",
    "transfer learning": "Starting from a network that was trained for another task. Its features are useful again, so "
    "few new examples are enough.",
    "frozen": "Not changed by training. A frozen encoder keeps the weights that it learned for another task.",
    "ImageNet": "A data set of 1.3 million photos in 1000 classes. Many encoders are trained on it first.",
    "random weights": "The weights of a network before it has learned anything. Training from them needs more examples "
    "than training from useful weights.",
}
"""Term -> two sentences. A term is written as inside a sentence."""

_FORMS = {rf"{re.escape(term)}(?:s|es)?": term for term in sorted(GLOSSARY, key=len, reverse=True)}
_ANY = re.compile("|".join(rf"(?<!\w){form}(?!\w)" for form in _FORMS), re.IGNORECASE)
_BY_NAME = {term.lower(): term for term in GLOSSARY}


def terms(text: str) -> list[str]:
    """The terms of the glossary that a text uses, each once, in the text's order; of nested terms the longest one."""
    words = (match[0].lower() for match in _ANY.finditer(text))
    return list(
        dict.fromkeys(next(_BY_NAME[w] for w in (word, word[:-1], word[:-2]) if w in _BY_NAME) for word in words)
    )
