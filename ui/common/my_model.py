"""Your own model on a page: trained there or loaded from a file, for this session alone."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any, ClassVar, Self

import streamlit as st

from core.training import background_job
from core.training.background_job import Job
from core.weights import WeightsError
from ui.common import streamlit_workarounds
from ui.common.page_state import PageState
from ui.common.settings import Setting


@dataclass(frozen=True)
class JobSetting(Setting):
    """The id of a training of one kind, or "" for none: after a reload, the new session finds its training again."""

    kind: type[Job]
    default: str = ""
    in_history: ClassVar[bool] = False

    def parse(self, text: str) -> str:
        """See `Setting`."""
        if not isinstance(background_job.find(text), self.kind):
            raise ValueError(text)  # noqa: TRY004 - as every setting does
        return text

    def __str__(self) -> str:
        return "a training that this server still has"


class Status(Enum):
    """The last thing that happened to your model."""

    NONE = "nothing yet"
    TRAINING = "training, or waiting for a turn"
    TRAINED = "trained to the end"
    STOPPED = "stopped before the end"
    FAILED = "the training failed"
    LOADED = "loaded from a file"


@dataclass
class MyModel:
    """State of your own model on one page; each page derives its class.

        NONE -> TRAINING -> TRAINED, STOPPED or FAILED -> TRAINING again, or LOADED

    `model` is in use until another one replaces it, also during the next training; `key` identifies it. `job` is the
    last training. `file_problem` says why the file that was uploaded last cannot be used.
    """

    NAME: ClassVar[str]  # its key in the session, and the beginning of its widgets' keys
    FILE: ClassVar[str] = ""  # name of the downloaded file; "" where the model cannot be downloaded
    STATE: ClassVar[PageState]  # the page's settings, and the name of the one that is a `JobSetting`
    JOB: ClassVar[str]
    FORMAT: ClassVar[ModuleType | None] = None  # its `to_bytes(model)` and `from_bytes(data)` write and read the file

    status: Status = Status.NONE
    model: Any = None
    key: str = ""
    job: Job | None = None
    file_problem: str = ""

    @classmethod
    def of_session(cls) -> Self:
        """The one of this session, with the training that the URL names."""
        my = st.session_state.setdefault(cls.NAME, cls())
        named = background_job.find(my.STATE[my.JOB])
        if my.job is None and named is not None:
            named.join(streamlit_workarounds.connection_check())
            my.job, my.status = named, Status.TRAINING
        elif my.training:
            my.STATE.update(**{my.JOB: my.job.id})  # the browser's Back may have led to an earlier URL
        return my

    @property
    def training(self) -> bool:
        """Whether a training runs whose result has not been collected."""
        return self.status is Status.TRAINING

    def start(self, make_job: Callable[[Callable[[], bool]], Job]) -> None:
        """Start a training; `make_job` gets the function that says whether the session is connected."""
        self.job = make_job(streamlit_workarounds.connection_check())
        self.status = Status.TRAINING
        self.STATE.update(**{self.JOB: self.job.id})

    def collect(self) -> None:
        """Adopt the result of a training that has ended since the last call; before any widget is drawn."""
        if not self.training or self.job.running:
            return
        if self.job.problem:
            self.status = Status.FAILED
            return
        progress = self.job.progress
        self.status = Status.TRAINED if progress and progress.fraction == 1 else Status.STOPPED
        if self.job.trained is not None:
            self.adopt(self.job.trained)

    def load(self, data: bytes) -> None:
        """Adopt the model in a file, or set `file_problem`."""
        try:
            model = self.FORMAT.from_bytes(data)
        except WeightsError as error:
            self.file_problem = str(error)
        else:
            self.file_problem, self.status = "", Status.LOADED
            self.STATE.update(**{self.JOB: ""})
            self.adopt(model)

    def adopt(self, model: Any) -> None:
        """Use this model from now on."""
        self.model, self.key = model, uuid.uuid4().hex
