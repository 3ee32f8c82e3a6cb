"""Training of all networks.

fit             the one fit loop
background_job  a visitor's training in a thread of its own
acceleration    what makes a step of training cheaper
__main__        the command line
"""
