"""State of the segmentation page: its settings, which the URL copies, and what the session keeps besides."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256

import streamlit as st

from core.data.sample_photos import SAMPLES
from core.fcn import architecture
from core.fcn.lesson_job import LessonJob
from core.fcn.training_job import FcnJob
from ui.common import streamlit_workarounds, theme
from ui.common.my_model import JobSetting
from ui.common.page_state import PageState
from ui.common.settings import ChoiceSetting, FloatSetting, IntSetting, SubsetSetting, SwitchSetting, TextSetting
from ui.common.streamlit_workarounds import UploadedFile
from ui.segmentation import network_diagram

TABS = (
    "The idea",
    "What and where",
    "Levels",
    "Inside",
    "Measure",
    "How sure it is",
    "Train",
    "The lesson",
    "About the network",
)
VIEWS = ("Overlay", "Mask", "Probability", "Cut-out", "Photo")
CAMERA = "Camera"
FIRST = next(iter(SAMPLES))
STRIDES = tuple(map(str, architecture.STRIDES))
SKIPS = architecture.STRIDES[1:]
_DRAWN = [network_diagram.diagram(each, (32, 32)) for each in (architecture.app_network(), architecture.lesson_fcn())]
PARTS = network_diagram.opens(network_diagram.below_an_autoencoder(_DRAWN[0]))
LESSON_PARTS = network_diagram.opens(_DRAWN[1])
"""What can be opened in the diagrams of the app's network and of the lesson's FCN, by the id."""
TRAINING_DATA = SHAPES, PHOTOS = "Coloured shapes", "Your photos"
STARTS = PRETRAINED, FROZEN, RANDOM = "The pre-trained network", "A frozen ImageNet encoder", "Random weights"
CLASS_RANKS = ("1", "2", "3", "4", "5")
LESSON_STEPS = ("1 Data", "2 Model", "3 Train", "4 Predict")
LESSON_VERSIONS = AS_IN_LESSON, REPAIRED = "As in the lesson", "Repaired"
LESSON_HEADS = ("256", "1024", "4096")


@dataclass(frozen=True)
class Photo:
    """A picture's file: its bytes, what a sentence calls it, the name of its file."""

    data: bytes
    name: str
    file_name: str
    file_id: str = ""  # of the upload

    @cached_property
    def key(self) -> str:
        """SHA-256 of the bytes: what is computed from them is cached under it."""
        return sha256(self.data).hexdigest()

    @property
    def stem(self) -> str:
        """A safe start for the names of files made from it."""
        return re.sub(r"[^\w-]+", "_", self.file_name.rsplit(".", 1)[0])[:60]


class PhotoSetting(ChoiceSetting):
    """A sample photo, the camera, or an upload of this session."""

    def parse(self, text: str) -> str:
        """See `Setting`; for an upload that this session does not have, the default and a message."""
        if not re.fullmatch(r"Photo \d{1,9}", text):
            return super().parse(text)
        if text in session().uploads:
            return text
        report_expired("uploads", self.default)
        return self.default


def _parse_part(text: str, parts: dict[str, dict] = PARTS) -> str:
    if text not in parts:
        raise ValueError("The diagram has no such part.")
    return text


STATE = PageState(
    "segmentation",
    {
        "photo": PhotoSetting("Photo", (*SAMPLES, CAMERA), FIRST),
        "photo_view": ChoiceSetting("View", VIEWS, VIEWS[0]),
        "before_after": SwitchSetting("Before / after"),
        "threshold": FloatSetting("Probability threshold", 0.01, 0.99, 0.5, 2),
        "min_region": FloatSetting("Ignore regions smaller than", 0.0, 5.0, 0.2, 1),
        "opacity": IntSetting("Opacity of the mask", 0, 100, 55),
        "colour": ChoiceSetting("Colour", tuple(theme.MASKS), "Green"),
        "outline": SwitchSetting("Outline"),
        "refined": SwitchSetting("Refine the edges", default=True),
        "segmentation_tab": ChoiceSetting("Tab", TABS, TABS[0]),
        "part": TextSetting("Part", "a part of the diagram", "autoencoder", _parse_part),
        "pixel_row": IntSetting("Row", 0, 4095, 128),
        "pixel_column": IntSetting("Column", 0, 4095, 128),
        "class_rank": ChoiceSetting("Class", CLASS_RANKS, CLASS_RANKS[0]),
        "level": ChoiceSetting("Level", STRIDES, "16"),
        # Without the skip connection at stride 16, every sample has a worse mask.
        "skips": SubsetSetting("Skip connections in use", SKIPS, list(SKIPS[1:])),
        "lesson_step": ChoiceSetting("Step of the lesson", LESSON_STEPS, LESSON_STEPS[0]),
        "lesson_part": TextSetting(
            "Part of the lesson's FCN", "a part of the diagram", "block1", partial(_parse_part, parts=LESSON_PARTS)
        ),
        "lesson_version": ChoiceSetting("Network", LESSON_VERSIONS, LESSON_VERSIONS[0]),
        "lesson_head": ChoiceSetting("Channels of fc6 and fc7", LESSON_HEADS, LESSON_HEADS[0]),
        "lesson_epochs": IntSetting("Epochs", 1, 20, 5),
        "lesson_seed": IntSetting("Random seed", 0, 9999, 0),
        "lesson_job": JobSetting("Training", LessonJob),
        "fcn_source": ChoiceSetting("Train on", TRAINING_DATA, TRAINING_DATA[0]),
        "fcn_start": ChoiceSetting("Start from", STARTS, STARTS[0]),
        "fcn_epochs": IntSetting("Epochs", 1, 200, 10),
        "fcn_rate": ChoiceSetting("Learning rate", ("0.0001", "0.0003", "0.001", "0.003"), "0.001"),
        "fcn_crop": ChoiceSetting("Crop", ("64", "96", "128", "160"), "96"),
        "fcn_seed": IntSetting("Random seed", 0, 9999, 0),
        "fcn_job": JobSetting("Training", FcnJob),
    },
)


@dataclass
class SegmentationSession:
    """What a session keeps of this page besides the settings."""

    uploads: dict[str, Photo] = field(default_factory=dict)  # by "Photo 1", "Photo 2" ..., oldest first
    uploaded: int = 0  # how many there have been, so that a number is never used twice
    true_masks: dict[str, Photo] = field(default_factory=dict)  # by the key of the photo that they belong to
    messages: dict[str, str] = field(default_factory=dict)  # what went wrong, by the name of the file uploader
    emptied: Counter = field(default_factory=Counter)  # how often each file uploader was replaced by an empty one
    archive: tuple | None = None  # the latest zip file: settings that it was made with, bytes, warnings
    network_ready: bool = False  # a photo was shown with its mask

    @property
    def upload_bytes(self) -> int:
        """What all uploads need in memory."""
        return sum(len(file.data) for files in (self.uploads, self.true_masks) for file in files.values())


def session() -> SegmentationSession:
    """This session's `SegmentationSession`."""
    return st.session_state.setdefault("segmentation", SegmentationSession())


def add_upload(file: UploadedFile) -> None:
    """Add a photo and show it; in callbacks."""
    ours = session()
    ours.uploaded += 1
    name = f"Photo {ours.uploaded}"
    ours.uploads[name] = Photo(file.getvalue(), f"your {name.lower()}", file.name, file.file_id)
    STATE.update(photo=name)


def remove_upload(name: str) -> None:
    """Remove a photo; if it was the page's, the newest one is shown instead; in callbacks."""
    uploads = session().uploads
    streamlit_workarounds.forget_upload(uploads.pop(name).file_id)
    if STATE["photo"] == name:
        STATE.update(photo=next(reversed(uploads), FIRST))


def report_expired(uploader: str, photo: str) -> None:
    """Show below a file uploader that the server no longer has an upload, and which photo is shown instead."""
    session().messages[uploader] = f"Your upload has expired. Upload it again; showing {photo} instead."
