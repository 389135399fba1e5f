"""The demo: a small world with a model in it, and the daemon that watches the model.

rides.py    the world, and the model that tells how long a ride takes
story.py    what happens to the model's inputs, and when
files.py    the folder: training data, baseline, configuration
writer.py   writes the serving log as time goes by
kafka.py    the same to a topic
view.py     what of a report is shown
screen.py   on a terminal; lines.py: anywhere else
run.py      all of it together, and its end
feed.py     only the log, for a daemon that runs elsewhere
"""
