"""What every page shares.

page                   how a page begins
page_state             a page's settings in the session, the URL and its widgets
streamlit_workarounds  everything that touches Streamlit's private API
theme                  colours, numbers, charts
pictures               small digits as pictures
training_curves        loss and accuracy by epoch
running                a training while it runs
settings               the older settings in the URL, replaced page by page by page_state
"""
