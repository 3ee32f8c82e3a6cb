"""What is drawn.

Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for its older kind of app, and a
first visitor who comes by a link to a page would get that page without the frame of streamlit_app.py. Every page
imports this package, so the check below sends that one visitor through the frame.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
