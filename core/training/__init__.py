"""Training of all networks.

fit             the one fit loop
background_job  a user's training in a thread of its own
acceleration    what makes a step of training cheaper
features        what a frozen encoder computes once
__main__        the command line
"""
