"""How each record comes to count exactly once: pure decisions, without a store or a broker.

A *writer* is whoever keeps a state: its id is made with the store. A *tile* is the run of offsets
of one partition that one writer counted in one tenure. The group's committed offset decides who
counted what: the broker refuses the commit of a member whose partitions went to another, so the
tiles of all writers are disjoint and leave no hole. What was saved and is not yet known to be
committed is *in doubt*, and can be undone.

    commit      what a commit says besides the offset, as text
    placement   where a partition that was assigned goes on, and what becomes of its doubt
    rounds      the steps of one checkpoint: save, commit, settle

`docs/explanation/exactness.md` tells the whole of it.
"""
