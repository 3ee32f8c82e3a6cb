"""A Streamlit app without this project's workarounds: the tests of the workarounds run it."""

import uuid

import streamlit as st

st.text(f"Number {uuid.uuid4()}")
files = st.file_uploader("File", accept_multiple_files=True)
st.text(f"Files {[type(file).__name__ for file in files]}")
st.button("Write", on_click=lambda: st.query_params.update(n=len(st.query_params) + 1))
