"""Uploads to a running server: what reaches the disk, and what is refused; and the faults that make this necessary."""

import inspect
import os
import select
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette import formparsers

from benchmarks.browser import served
from benchmarks.simulated_user import ServerAnswerError, SimulatedUser
from ui.common import upload_budget

MEGABYTE = bytes(2**20)
LARGEST = bytes(3 * 2**20 - 1000)  # with its multipart head just below the limit


@pytest.fixture(scope="module")
def server():
    """(URL, process) of an app whose largest file has 3 MB: a session may keep 9, the server 30."""
    with served(environment=os.environ | {"STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "3"}) as started:
        yield started


@pytest.fixture
def user(server):
    with SimulatedUser(server[0]) as ours:
        ours.open("segmentation")
        yield ours


def unfinished(user, megabytes):
    """The connection of an upload whose last bytes have not been sent."""
    host = urlsplit(user.url)
    connection = socket.create_connection((host.hostname, host.port))
    xsrf = user._http.cookies.get("_streamlit_xsrf", "")
    head = (
        f"PUT /_stcore/upload_file/{user._session}/unfinished{megabytes} HTTP/1.1\r\nHost: {host.netloc}\r\n"
        f"Cookie: _streamlit_xsrf={xsrf}\r\nX-Xsrftoken: {xsrf}\r\n"
        "Content-Type: multipart/form-data; boundary=xx\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    part = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    connection.sendall(head.encode() + b"%x\r\n%s\r\n" % (len(part), part))
    for _ in range(megabytes):
        connection.sendall(b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE))
    return connection


def deleted_files(process):
    """The server's open files that are on no folder's list: temporary ones."""
    links = Path(f"/proc/{process.pid}/fd").iterdir()
    return [target for target in (str(link.readlink()) for link in links) if "(deleted)" in target and "/tmp" in target]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' /proc")
def test_uploads_that_arrive_are_in_memory_and_not_on_disk_until_the_server_has_no_room(server, user):
    log = deleted_files(server[1])  # what the server prints goes to such a file
    connections = [unfinished(user, 2) for _ in range(16)]
    try:
        answered, _, _ = select.select(connections, [], [], 60)  # then 30 MB have arrived
        assert deleted_files(server[1]) == log
        assert b" 400 " in answered[0].recv(100)
    finally:
        for connection in connections:
            connection.close()


def test_files_beyond_the_budget_of_a_session_and_of_the_server_are_refused(server, user):
    for number in range(4):  # those that the page refuses are forgotten
        user.upload("uploads" if not number else f"uploads_{number}", f"{number}.png", LARGEST)
        user._uploaded, user._states = "", {}  # the page keeps the file, and its next uploader is another one
    assert len(user.elements("alert")) >= 1
    headers = {"X-Xsrftoken": user._http.cookies["_streamlit_xsrf"]}

    def put(name, data=MEGABYTE * 2, session=user._session, **fields):
        url = f"{user.url}/_stcore/upload_file/{session}/{name}"
        return user._http.put(url, files={"file": (name, data)}, data=fields, headers=headers).status_code

    assert put("a") == 204
    assert put("b") == 413
    assert put("c", data=b"", field="a field") == 400
    others = []
    try:
        answers = []
        for _ in range(8):
            others.append(SimulatedUser(user.url).__enter__())
            others[-1].open("")
            answers += [put(name, session=others[-1]._session) for name in "de"]
        assert answers[:8] == [204] * 8
        assert answers[-1] == 400
        others[-1].open("segmentation")
        with pytest.raises(ServerAnswerError, match="no room"):
            others[-1].upload("uploads", "f.png", LARGEST)
    finally:
        for other in others:
            other.__exit__(None, None, None)


def test_starlette_writes_large_uploads_to_disk():
    assert "SpooledTemporaryFile(max_size=" in inspect.getsource(formparsers.MultiPartParser), "ArrivingFile can go"


@pytest.mark.parametrize("closed", [True, False])
def test_bytes_of_an_arriving_file_are_counted_until_it_is_closed_or_lost(closed):
    file = upload_budget.ArrivingFile()
    file.write(MEGABYTE)
    assert upload_budget._arriving == len(MEGABYTE)
    if closed:
        file.close()
    del file
    assert upload_budget._arriving == 0
