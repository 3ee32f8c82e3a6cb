"""A Streamlit app without this project's workarounds: the tests of the workarounds run it."""

import gc
import uuid

import streamlit as st

gc.disable()  # what is collected from now on was asked for
collections = gc.get_stats()[2]["collections"]  # of all garbage, in this process
st.text(f"Collections {collections - st.session_state.setdefault('collections', collections)}")
st.text(f"Number {uuid.uuid4()}")
st.button("Write", type="primary", on_click=lambda: st.query_params.update(n=len(st.query_params) + 1))
