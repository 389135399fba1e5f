"""The pages that people look at: views of a report in plain values, and templates that show them.

A view is made of a report and of what was asked for; it holds numbers, words and the points of the
plots, and no markup. The templates hold all markup, and whatever they are given is escaped.
"""
