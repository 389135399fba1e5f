"""Counts numbers into the bins of their columns."""

from libc.stdint cimport int64_t, uint8_t


def count_numbers(
    const double[:, ::1] values,
    const uint8_t[:, ::1] missing,
    list edges,
    list out,
):
    """Add each column's values to its cells, whose order is that of `sketch.layout`.

    values: (columns, n). missing: the same, of `records.Status`; None where all values are there.
    edges: each column's edges, (E,) float64 ascending. out: each column's cells, (E + 7,) int64.
    """
    cdef Py_ssize_t column
    cdef const double[::1] of_column
    cdef int64_t[::1] cells
    cdef const uint8_t* told
    for column in range(values.shape[0]):
        of_column, cells = edges[column], out[column]
        if cells.shape[0] != of_column.shape[0] + 7:
            raise ValueError("a column of E edges has E + 7 cells")
        told = NULL if missing is None or values.shape[1] == 0 else &missing[column, 0]
        if values.shape[1]:
            _count(
                &values[column, 0], told, values.shape[1],
                &of_column[0] if of_column.shape[0] else NULL, of_column.shape[0], &cells[0],
            )


cdef void _count(
    const double* values,
    const uint8_t* told,
    Py_ssize_t rows,
    const double* edges,
    Py_ssize_t count,
    int64_t* cells,
) noexcept nogil:
    cdef Py_ssize_t row, half, length
    cdef const double* low
    cdef double value
    for row in range(rows):
        value = values[row]
        if value - value != 0.0:  # NaN and the infinities
            if told != NULL and told[row]:
                cells[count + told[row]] += 1
            elif value != value:
                cells[count + 4] += 1
            else:
                cells[count + (5 if value < 0 else 6)] += 1
            continue
        # The number of edges that are not above the value: a binary search without a branch that
        # the processor could guess wrong.
        low, length = edges, count
        while length > 1:
            half = length >> 1
            low += half * (low[half - 1] <= value)
            length -= half
        cells[(low - edges) + (length == 1 and low[0] <= value)] += 1
