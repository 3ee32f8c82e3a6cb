"""Uploads stay in memory, within a budget of bytes for each session and for the server.

Streamlit's web server Starlette writes an upload above 1 MB to a temporary file while it arrives
(`starlette.formparsers.MultiPartParser`), and Streamlit keeps any number of files until their session ends. Both
budgets are multiples of the option `server.maxUploadSize`, the largest file: it is the one number to set.
"""

import io
import threading

import streamlit as st
from starlette import formparsers, requests
from starlette.exceptions import HTTPException

from ui.common import streamlit_workarounds

FILES_OF_A_SESSION = 3
"""Largest files that a session may keep."""
FILES_OF_ALL = 10
"""Largest files that the server keeps, those that are arriving included."""

_arriving = 0
_lock = threading.Lock()


def session_megabytes() -> int:
    """What the files of a session may need together."""
    return FILES_OF_A_SESSION * st.get_option("server.maxUploadSize")


class ArrivingFile(io.BytesIO):
    """An upload while it arrives; Starlette expects the attributes of a `SpooledTemporaryFile`."""

    _rolled = False  # to disk

    def __init__(self, max_size: int = 0):  # noqa: ARG002 - above which Starlette's goes to disk
        super().__init__()
        self._size = 0

    def write(self, data) -> int:
        """Append bytes; MultiPartException, which ends the upload with status 400, where the server has no room."""
        global _arriving  # noqa: PLW0603
        with _lock:
            if _arriving + streamlit_workarounds.held_upload_bytes() + len(data) > _limit(FILES_OF_ALL):
                raise formparsers.MultiPartException("The server has no room for more files: try again later.")
            _arriving += len(data)
        self._size += len(data)
        return super().write(data)

    def close(self) -> None:
        """Free the bytes; Python calls this too when the upload was broken off."""
        global _arriving  # noqa: PLW0603
        with _lock:
            _arriving -= self._size
        self._size = 0
        super().close()


class _UploadParser(formparsers.MultiPartParser):
    """A form of one file and nothing else, as Streamlit's uploader sends it: other fields have no budget."""

    def __init__(self, headers, stream, **_limits):
        super().__init__(headers, stream, max_files=1, max_fields=0)


def _limit(files: int) -> int:
    return files * st.get_option("server.maxUploadSize") * 2**20


def _check(held: int, size: int) -> None:
    """Status 413 for a file of `size` bytes where its session holds too many.

    A page refuses what exceeds `session_megabytes` with a message. It can do so only once the file is here, therefore
    there is room for one more.
    """
    if held + size > _limit(FILES_OF_A_SESSION + 1):
        raise HTTPException(413, "Your files need too much memory together: remove some of them.")


streamlit_workarounds.check_uploads(_check)
formparsers.SpooledTemporaryFile = ArrivingFile
requests.MultiPartParser = _UploadParser
