"""A Streamlit app without this project's workarounds: the tests of the workarounds run it."""

import uuid

import streamlit as st

st.text(f"Number {uuid.uuid4()}")
st.button("Write", on_click=lambda: st.query_params.update(n=len(st.query_params) + 1))
