"""The state in a compacted topic of Kafka, changed in the transaction that commits the offsets.

The changed rows and the offsets of a checkpoint are one transaction, so nothing is ever in doubt
for longer than an answer takes. A partition's rows move with it: whoever is assigned it next reads
them from the topic, and goes on as if it had counted them itself.

    keys, values   how a row is written: its key, and its value in parts that a broker takes
    topic          whether the topic is there and as it has to be
    mirror         the rows that this process knows of, on its own disk
    plan           which rows a checkpoint changes
    transaction    rows and offsets, all or nothing
    restore        reads a partition's rows from the topic, between two polls
    snapshots      what the mirror holds, as the monitor takes it
    ledger         puts these together: `state.ledger.Ledger`

`docs/explanation/changelog.md` tells the whole of it.
"""
