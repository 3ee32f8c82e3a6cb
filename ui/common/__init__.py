"""What every page shares.

page                   how a page begins, and what it says if weights are damaged
settings               kinds of settings and their form in the URL
page_state             a page's settings in the session, the URL and its widgets
components             the app's own components, and what a browser may report to them
glossary_help          the help text of controls whose labels use terms of the glossary
streamlit_workarounds  everything that touches Streamlit's private API
upload_budget          uploads stay in memory, within a budget of bytes
theme                  colours, numbers, charts
pictures               small digits as pictures
training_curves        loss and accuracy by epoch
my_model               your own model: trained on a page or loaded from a file
train_tab              the tab "Train" of the pages that have one
"""
