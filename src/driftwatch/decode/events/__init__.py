"""What model servers log: one module a format, and what they have in common.

`message` is what comes in and what comes out; `packed`, `bodies`, `tensors` and `naming` read what
is inside; `halves` keeps half of a pair until the other one is there. Nothing here waits, remembers
or talks to anybody.
"""
