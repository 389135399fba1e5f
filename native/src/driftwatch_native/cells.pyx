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


cdef enum:
    AT_ONCE = 8  # searches side by side: each waits for memory, and none for another


cdef void _count(
    const double* values,
    const uint8_t* told,
    Py_ssize_t rows,
    const double* edges,
    Py_ssize_t count,
    int64_t* cells,
) noexcept nogil:
    cdef Py_ssize_t row = 0, lane, length, half
    cdef const double* low[AT_ONCE]
    cdef bint is_plain
    if count > 0:
        while row + AT_ONCE <= rows:
            is_plain = True
            for lane in range(AT_ONCE):
                is_plain &= values[row + lane] - values[row + lane] == 0.0
                low[lane] = edges
            if not is_plain:
                for lane in range(AT_ONCE):
                    _count_one(values, told, row + lane, edges, count, cells)
                row += AT_ONCE
                continue
            length = count
            while length > 1:
                half = length >> 1
                for lane in range(AT_ONCE):
                    low[lane] += half * (low[lane][half - 1] <= values[row + lane])
                length -= half
            for lane in range(AT_ONCE):
                cells[(low[lane] - edges) + (low[lane][0] <= values[row + lane])] += 1
            row += AT_ONCE
    while row < rows:
        _count_one(values, told, row, edges, count, cells)
        row += 1


cdef void _count_one(
    const double* values,
    const uint8_t* told,
    Py_ssize_t row,
    const double* edges,
    Py_ssize_t count,
    int64_t* cells,
) noexcept nogil:
    cdef Py_ssize_t low = 0, high = count, middle
    cdef double value = values[row]
    if value - value != 0.0:  # NaN and the infinities
        if told != NULL and told[row]:
            cells[count + told[row]] += 1
        elif value != value:
            cells[count + 4] += 1
        else:
            cells[count + (5 if value < 0 else 6)] += 1
        return
    # The number of edges that are not above the value.
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] <= value:
            low = middle + 1
        else:
            high = middle
    cells[low] += 1
