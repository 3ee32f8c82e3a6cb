import streamlit as st

st.title("Segmentation")
