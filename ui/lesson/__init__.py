"""The lesson: a course of questions on the live pages, and exercises with drawn numbers.

course        the steps in the order of the tutorial, and which one a URL names
progress      answers of this session, and the user's own settings while a step has a page
step          a step at the top of a live page: the bar, the question, the page's state
question      a question on screen: figure, answer field, hint, feedback, solution
figures       what a question shows while it asks, and with its solution
live_state    the settings of a live page that belong to a question
contents      the lists of the page Lesson: course, exercises, glossary
"""
