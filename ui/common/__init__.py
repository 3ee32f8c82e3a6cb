"""What every page shares.

page             a page's first call, and a breath before its rest
upkeep           what keeps a server with many visitors quick and small
theme            colours, numbers, charts
settings         settings that live in the address
pictures         small digits as pictures
training_curves  what a training reports
running          a training while it runs
"""
