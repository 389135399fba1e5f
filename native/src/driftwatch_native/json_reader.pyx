"""Reads JSON records straight into columns.

What it takes is a part of JSON that every parser reads alike: where anything is out of the ordinary
(a value of another type, a key nobody knows in a closed object, an escape in a key, a number that
is not certain to round well, a character that may not stand where it stands) it refuses the record,
and whoever called reads that one in Python. So it can be fast without being a second opinion.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

from driftwatch_native.decimals cimport LOWEST_POWER, POWERS, Powers, to_float64

cdef extern from *:
    """
    /* The same byte eight times; and two odd numbers that mix the bits of a hash. */
    #define DW_ONES 0x0101010101010101ULL
    #define DW_HIGHS 0x8080808080808080ULL
    #define DW_QUOTES 0x2222222222222222ULL
    #define DW_BACKSLASHES 0x5C5C5C5C5C5C5C5CULL
    #define DW_SPACES 0x2020202020202020ULL
    #define DW_SEED 0x9E3779B97F4A7C15ULL
    #define DW_MIX 0xFF51AFD7ED558CCDULL
    #define DW_TWO_63 (1ULL << 63)
    """
    const uint64_t DW_ONES, DW_HIGHS, DW_QUOTES, DW_BACKSLASHES, DW_SPACES
    const uint64_t DW_SEED, DW_MIX, DW_TWO_63

cdef _fill_powers(Powers* powers):
    cdef int i
    for i in range(23):
        powers.exact[i] = float(f"1e{i}")
    for i in range(POWERS):
        word = _first_bits(i + LOWEST_POWER)
        powers.high[i], powers.low[i] = word >> 64, word & 0xFFFFFFFFFFFFFFFF


def _first_bits(q):
    """The first 128 bits of 5^q; rounded up where that makes the product certain."""
    power = 5 ** abs(q)
    if q >= 0:
        shift = power.bit_length() - 128
        return power >> shift if shift >= 0 else power << -shift
    shift = (power - 1).bit_length() + 127
    return (1 << shift) // power + (1 if q >= -27 else 0)


cdef Powers POWERS_OF_TEN
_fill_powers(&POWERS_OF_TEN)

cdef enum Kind:
    NUMBER, TOKEN, TIME, RAW, NODE, IGNORED, REFUSED

cdef enum Told:
    # What stands in a column of numbers; the first three codes are those of `records.Status`.
    HAS_VALUE = 0
    HAS_NULL = 1
    HAS_NOTHING = 2
    HAS_TEXT = 3

cdef enum Code:
    # What stands for a token; distinct tokens are numbered from 0.
    IS_NULL = -1
    IS_ABSENT = -2

cdef enum:
    MOST_NESTED = 64

KINDS = {"number": NUMBER, "token": TOKEN, "time": TIME, "raw": RAW, "node": NODE,
         "ignored": IGNORED, "refused": REFUSED}

cdef struct Key:
    # place: of its column among those of its kind, or of its node. after: the key that came next
    # the last time, in its node.
    const char* text
    uint32_t length
    uint32_t hash
    int kind
    int place
    int after

cdef struct Object:
    # keys[first:first + count] are its keys; table: where each is found by its hash.
    int first
    int count
    int* table
    uint32_t mask
    bint is_closed
    int start
    int64_t seen_in

cdef struct Slice:
    const char* text
    uint32_t length
    uint32_t hash

cdef struct Distinct:
    # The distinct tokens of a column in a batch; table: their numbers, by hash, or -1.
    int32_t* table
    uint32_t mask
    Slice* slices
    int32_t count
    int32_t room
    int32_t last


cdef inline uint32_t hash_of(const char* text, uint32_t length) noexcept nogil:
    cdef uint64_t state = DW_SEED ^ length
    cdef uint64_t word
    while length >= 8:
        memcpy(&word, text, 8)
        state = (state ^ word) * DW_MIX
        state ^= state >> 32
        text += 8
        length -= 8
    word = 0
    memcpy(&word, text, length)
    state = (state ^ word) * DW_MIX
    return <uint32_t>(state ^ (state >> 32))


cdef inline bint is_space(char c) noexcept nogil:
    return c == c' ' or c == c'\n' or c == c'\r' or c == c'\t'


cdef inline bint is_digit(char c) noexcept nogil:
    return <uint8_t>(c - c'0') <= 9


cdef inline bint same(const char* a, const char* b, uint32_t length) noexcept nogil:
    return memcmp(a, b, length) == 0


cdef bint is_ascii(const char* text, Py_ssize_t length) noexcept nogil:
    cdef uint64_t word, seen = 0
    while length >= 8:
        memcpy(&word, text, 8)
        seen |= word
        text += 8
        length -= 8
    while length > 0:
        seen |= <uint8_t>text[0]
        text += 1
        length -= 1
    return seen & DW_HIGHS == 0


cdef const char* past_string(const char* at, const char* end) noexcept nogil:
    """Behind the closing quote of the string whose first character is `at`; NULL to refuse."""
    cdef uint64_t word, odd
    cdef int i
    while True:
        while end - at >= 8:
            memcpy(&word, at, 8)
            # A byte that is a quote, a backslash or below 32 sets its highest bit.
            odd = (word ^ DW_QUOTES) - DW_ONES
            odd |= (word ^ DW_BACKSLASHES) - DW_ONES
            odd |= word - DW_SPACES
            if odd & ~word & DW_HIGHS:
                break
            at += 8
        while at < end and at[0] != c'"' and at[0] != c'\\' and <uint8_t>at[0] >= 0x20:
            at += 1
        if at >= end or <uint8_t>at[0] < 0x20:
            return NULL
        if at[0] == c'"':
            return at + 1
        at += 1
        if at < end and at[0] == c'u':
            if end - at < 5:
                return NULL
            for i in range(1, 5):
                if not (is_digit(at[i]) or c'a' <= (at[i] | 0x20) <= c'f'):
                    return NULL
            if (at[1] | 0x20) == c'd' and at[2] >= c'8':  # half a character, perhaps
                return NULL
            at += 5
        elif at < end and at[0] in (c'"', c'\\', c'/', c'b', c'f', c'n', c'r', c't'):
            at += 1
        else:
            return NULL


cdef const char* past_number(const char* at, const char* end) noexcept nogil:
    """Behind a number that begins at `at`; NULL where there is none."""
    if at < end and at[0] == c'-':
        at += 1
    if at >= end or not is_digit(at[0]):
        return NULL
    if at[0] == c'0':
        at += 1
    else:
        while at < end and is_digit(at[0]):
            at += 1
    if at < end and at[0] == c'.':
        at += 1
        if at >= end or not is_digit(at[0]):
            return NULL
        while at < end and is_digit(at[0]):
            at += 1
    if at < end and (at[0] | 0x20) == c'e':
        at += 1
        if at < end and (at[0] == c'+' or at[0] == c'-'):
            at += 1
        if at >= end or not is_digit(at[0]):
            return NULL
        while at < end and is_digit(at[0]):
            at += 1
    return at


cdef const char* past_word(const char* at, const char* end) noexcept nogil:
    """Behind `null`, `true` or `false`; NULL where none of them stands."""
    if end - at >= 4 and (same(at, b"null", 4) or same(at, b"true", 4)):
        return at + 4
    if end - at >= 5 and same(at, b"false", 5):
        return at + 5
    return NULL


cdef const char* past_scalar(const char* at, const char* end) noexcept nogil:
    if at >= end:
        return NULL
    if at[0] == c'"':
        return past_string(at + 1, end)
    if at[0] == c'-' or is_digit(at[0]):
        return past_number(at, end)
    return past_word(at, end)


cdef inline const char* past_spaces(const char* at, const char* end) noexcept nogil:
    while at < end and is_space(at[0]):
        at += 1
    return at


cdef const char* past_value(const char* at, const char* end, int depth) noexcept nogil:
    """Behind any value, `depth` objects and arrays deep; NULL to refuse."""
    cdef char close
    if at >= end or (at[0] != c'{' and at[0] != c'['):
        return past_scalar(at, end)
    if depth >= MOST_NESTED:
        return NULL
    close = c'}' if at[0] == c'{' else c']'
    at = past_spaces(at + 1, end)
    if at < end and at[0] == close:
        return at + 1
    while True:
        if close == c'}':
            if at >= end or at[0] != c'"':
                return NULL
            at = past_string(at + 1, end)
            if at == NULL:
                return NULL
            at = past_spaces(at, end)
            if at >= end or at[0] != c':':
                return NULL
            at = past_spaces(at + 1, end)
        at = past_value(at, end, depth + 1)
        if at == NULL:
            return NULL
        at = past_spaces(at, end)
        if at >= end:
            return NULL
        if at[0] == close:
            return at + 1
        if at[0] != c',':
            return NULL
        at = past_spaces(at + 1, end)


@cython.final
cdef class JsonReader:
    """Reads records that have their wanted keys where `root` says.

    >>> root = (False, [(b"x", "number", 0), (b"word", "token", 0)])
    >>> reader = JsonReader(root, (1, 1, 0, 0), most_bytes=1000, most_nested=400)
    >>> import array
    >>> numbers, told = memoryview(array.array("d", [0, 0])), memoryview(bytearray(2))
    >>> codes = memoryview(array.array("i", [0, 0]))
    >>> reader.read([b'{"x": 1.5, "word": "a"}', b'{"x": "1.5"}'], numbers, told, codes)
    ([1], [[b'"a"']], [])
    >>> numbers[0], codes[0]
    (1.5, 0)
    """

    cdef Key* keys
    cdef Object* objects
    cdef Distinct* distinct
    cdef Slice* raws
    cdef Py_ssize_t raws_room
    cdef int key_count, object_count
    cdef int number_count, token_count, time_count, raw_count
    cdef Py_ssize_t most_bytes
    cdef int most_nested
    cdef list kept
    # Of the batch that is being read.
    cdef double* numbers
    cdef uint8_t* told
    cdef int32_t* codes
    cdef Py_ssize_t rows

    def __cinit__(self, tuple root, tuple columns, *, Py_ssize_t most_bytes, int most_nested):
        """root: (is closed, [(key, kind, place)]); the place of a `node` is such a pair.

        kind: `number`, `token`, `time`, `raw`, `node`, `ignored`, or `refused` for a key that no
        record may have that is read here. columns: how many there are of the first four; a place is
        below that. A closed object has no other keys. most_bytes, most_nested: of a record that is
        read here.
        """
        self.number_count, self.token_count, self.time_count, self.raw_count = columns
        self.most_bytes = most_bytes
        self.most_nested = min(most_nested, <int>MOST_NESTED)
        self.kept = []
        keys, objects = _flat(root)
        room = dict(zip(("number", "token", "time", "raw"), columns))
        if not all(0 <= place < room.get(kind, 1 << 30) for _, kind, place in keys):
            raise ValueError("a column has no room")
        self.key_count, self.object_count = len(keys), len(objects)
        self.keys = <Key*>calloc(max(1, self.key_count), sizeof(Key))
        self.objects = <Object*>calloc(self.object_count, sizeof(Object))
        if self.keys == NULL or self.objects == NULL:
            raise MemoryError
        for i, (text, kind, place) in enumerate(keys):
            self._set_key(&self.keys[i], text, KINDS[kind], place)
        for i, (first, count, is_closed) in enumerate(objects):
            self._set_object(&self.objects[i], first, count, is_closed)
        self.distinct = <Distinct*>calloc(max(1, self._texts()), sizeof(Distinct))
        if self.distinct == NULL:
            raise MemoryError
        for i in range(self._texts()):
            if not _make_room(&self.distinct[i], 32):
                raise MemoryError

    def __dealloc__(self):
        cdef int i
        if self.objects != NULL:
            for i in range(self.object_count):
                free(self.objects[i].table)
        if self.distinct != NULL:
            for i in range(self._texts()):
                free(self.distinct[i].table)
                free(self.distinct[i].slices)
        free(self.keys)
        free(self.objects)
        free(self.distinct)
        free(self.raws)

    cdef int _texts(self) noexcept nogil:
        """Columns that have tokens; those of times come last."""
        return self.token_count + self.time_count

    cdef _set_key(self, Key* key, bytes text, int kind, int place):
        self.kept.append(text)
        key.text = PyBytes_AS_STRING(text)
        key.length = <uint32_t>len(text)
        key.hash = hash_of(key.text, key.length)
        key.kind = kind
        key.place = place

    cdef _set_object(self, Object* node, int first, int count, bint is_closed):
        cdef uint32_t size = 4
        cdef uint32_t at
        cdef int i
        while size < <uint32_t>(2 * count):
            size *= 2
        node.first, node.count, node.is_closed, node.mask = first, count, is_closed, size - 1
        node.seen_in = -1
        node.start = first
        node.table = <int*>malloc(size * sizeof(int))
        if node.table == NULL:
            raise MemoryError
        memset(node.table, 0xFF, size * sizeof(int))
        for i in range(first, first + count):
            self.keys[i].after = i + 1 if i + 1 < first + count else first
            at = self.keys[i].hash & node.mask
            while node.table[at] >= 0:
                at = (at + 1) & node.mask
            node.table[at] = i

    def read(self, values, double[::1] numbers, uint8_t[::1] told, int32_t[::1] codes):
        """Read n records into columns; returns (refused, tokens, raws).

        numbers: (numbers + times, n) float64 in one piece, the times last. told: the same, of uint8:
        0 a value, 1 null, 2 absent, and for a time 3, a text, which is found among the tokens.
        codes: (tokens + times, n) int32, the number of each value in its column's tokens; -1 null,
        -2 absent. What stands in the columns for a refused record means nothing.

        refused: the records that this can't read, ascending. tokens: of each column, the distinct
        values as they stand in JSON. raws: of each raw column, n values as they stand in JSON, None
        where there is none.
        """
        cdef Py_ssize_t n = len(values)
        cdef Py_ssize_t row
        cdef int i
        cdef bytes value
        cdef const char* text
        cdef Py_ssize_t length
        cdef list refused = []
        cdef list given = list(values)
        if n == 0:
            return [], [[] for _ in range(self._texts())], [[] for _ in range(self.raw_count)]
        if (
            numbers.shape[0] < (self.number_count + self.time_count) * n
            or told.shape[0] < (self.number_count + self.time_count) * n
            or codes.shape[0] < self._texts() * n
        ):
            raise ValueError("the columns have too little room")
        self.rows = n
        if self.number_count + self.time_count:
            self.numbers, self.told = &numbers[0], &told[0]
            memset(self.told, HAS_NOTHING, (self.number_count + self.time_count) * n)
        if self._texts():
            self.codes = &codes[0]
            for row in range(self._texts() * n):
                self.codes[row] = IS_ABSENT
            for i in range(self._texts()):
                _forget(&self.distinct[i])
        self._raws_for(n)
        for i in range(self.object_count):
            self.objects[i].seen_in = -1
        for row in range(n):
            one = given[row]
            if one is None:
                refused.append(row)
                continue
            value = one
            text, length = PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
            if (
                length > self.most_bytes
                or not (is_ascii(text, length) or _is_utf8(value))
                or not self._record(text, text + length, row)
            ):
                refused.append(row)
        return refused, self._tokens(), self._raw_columns()

    cdef _raws_for(self, Py_ssize_t n):
        cdef Py_ssize_t room = self.raw_count * n
        cdef Slice* grown
        if room > self.raws_room:
            grown = <Slice*>realloc(self.raws, room * sizeof(Slice))
            if grown == NULL:
                raise MemoryError
            self.raws, self.raws_room = grown, room
        if room:
            memset(self.raws, 0, room * sizeof(Slice))

    cdef list _tokens(self):
        cdef list found = []
        cdef Distinct* column
        cdef int i, j
        for i in range(self._texts()):
            column = &self.distinct[i]
            found.append([
                PyBytes_FromStringAndSize(column.slices[j].text, column.slices[j].length)
                for j in range(column.count)
            ])
        return found

    cdef list _raw_columns(self):
        cdef list found = []
        cdef Slice* raw
        cdef Py_ssize_t row
        cdef int i
        for i in range(self.raw_count):
            column = []
            for row in range(self.rows):
                raw = &self.raws[i * self.rows + row]
                column.append(
                    None if raw.text == NULL else PyBytes_FromStringAndSize(raw.text, raw.length)
                )
            found.append(column)
        return found

    cdef bint _record(self, const char* at, const char* end, Py_ssize_t row) noexcept nogil:
        at = past_spaces(at, end)
        if at >= end or at[0] != c'{':
            return False
        at = self._object(0, at + 1, end, row, 1)
        return at != NULL and past_spaces(at, end) == end

    cdef const char* _object(
        self, int number, const char* at, const char* end, Py_ssize_t row, int depth
    ) noexcept nogil:
        """Read an object whose brace lies behind; NULL to refuse."""
        cdef Object* node = &self.objects[number]
        cdef int expected = node.start
        cdef int found
        cdef const char* key
        if node.seen_in == row or depth > self.most_nested:
            return NULL  # the same key twice: the later object would count, and this one not
        node.seen_in = row
        at = past_spaces(at, end)
        if at < end and at[0] == c'}':
            return at + 1
        while True:
            if at >= end or at[0] != c'"':
                return NULL
            key = at + 1
            found = self._expected(expected, node, key, end)
            if found >= 0:
                at = key + self.keys[found].length + 1
            else:
                at = past_string(key, end)
                if at == NULL:
                    return NULL
                found = self._find(node, key, <uint32_t>(at - key - 1))
                if found == -2 or (found == -1 and node.is_closed):
                    return NULL
                if found >= 0 and expected >= 0:
                    self._learn(node, expected, found)
            at = past_spaces(at, end)
            if at >= end or at[0] != c':':
                return NULL
            at = past_spaces(at + 1, end)
            if found < 0 or self.keys[found].kind == IGNORED:
                at = past_value(at, end, depth)
            else:
                at = self._value(&self.keys[found], at, end, row, depth)
            if at == NULL:
                return NULL
            if found >= 0:
                expected = self.keys[found].after
            at = past_spaces(at, end)
            if at >= end:
                return NULL
            if at[0] == c'}':
                return at + 1
            if at[0] != c',':
                return NULL
            at = past_spaces(at + 1, end)

    cdef inline int _expected(
        self, int expected, Object* node, const char* key, const char* end
    ) noexcept nogil:
        """The key that is likely to come, if it is the one that begins here; else -1."""
        cdef Key* likely
        if node.count == 0:
            return -1
        likely = &self.keys[expected]
        if end - key <= likely.length or key[likely.length] != c'"':
            return -1
        return expected if same(key, likely.text, likely.length) else -1

    cdef int _find(self, Object* node, const char* key, uint32_t length) noexcept nogil:
        """A key's number; -1 if it is not wanted, -2 if it can't be told."""
        cdef uint32_t i, at, hashed
        hashed = hash_of(key, length)
        at = hashed & node.mask
        while node.table[at] >= 0:
            if self.keys[node.table[at]].hash == hashed:
                if self.keys[node.table[at]].length == length:
                    if same(self.keys[node.table[at]].text, key, length):
                        return node.table[at]
            at = (at + 1) & node.mask
        for i in range(length):
            if key[i] == c'\\':
                return -2
        return -1

    cdef void _learn(self, Object* node, int expected, int found) noexcept nogil:
        """The next record is likely to have its keys in the order of this one."""
        cdef int i
        if node.start == expected:
            node.start = found
        for i in range(node.first, node.first + node.count):
            if self.keys[i].after == expected:
                self.keys[i].after = found

    cdef const char* _value(
        self, Key* key, const char* at, const char* end, Py_ssize_t row, int depth
    ) noexcept nogil:
        cdef const char* begin = at
        cdef Py_ssize_t place = key.place * self.rows + row
        if key.kind == NUMBER:
            return self._number(place, at, end)
        if key.kind == TOKEN:
            return self._token(key.place, place, at, end)
        if key.kind == TIME:
            place += self.number_count * self.rows
            if at >= end or at[0] != c'"':
                return self._number(place, at, end)
            at = self._token(
                self.token_count + key.place,
                place + (self.token_count - self.number_count) * self.rows,
                at,
                end,
            )
            if at != NULL:
                self.told[place] = HAS_TEXT
            return at
        if key.kind == NODE:
            if at < end and at[0] == c'{':
                return self._object(key.place, at + 1, end, row, depth + 1)
            return NULL
        if key.kind == REFUSED:
            return NULL
        at = past_value(at, end, depth)
        if at != NULL:
            self.raws[place].text = begin
            self.raws[place].length = <uint32_t>(at - begin)
        return at

    cdef const char* _number(self, Py_ssize_t place, const char* at, const char* end) noexcept nogil:
        """Read a number or null; NULL to refuse."""
        cdef uint64_t digits = 0
        cdef int64_t power = 0, exponent = 0
        cdef int count = 0
        cdef bint negative = False, is_minus = False, is_whole = True
        cdef const char* begin
        if end - at >= 4 and same(at, b"null", 4):
            self.told[place] = HAS_NULL
            return at + 4
        if at < end and at[0] == c'-':
            negative = True
            at += 1
        if at >= end or not is_digit(at[0]):
            return NULL
        begin = at
        if at[0] == c'0':
            at += 1
        else:
            while at < end and is_digit(at[0]):
                digits = 10 * digits + <uint64_t>(at[0] - c'0')
                at += 1
        count = <int>min(at - begin, 99)
        if at < end and at[0] == c'.':
            is_whole = False
            at += 1
            begin = at
            if at < end and digits == 0:
                while at < end and at[0] == c'0':  # `0.0012` has two digits
                    at += 1
                count = 0
            power = begin - at
            begin = at
            while at < end and is_digit(at[0]):
                digits = 10 * digits + <uint64_t>(at[0] - c'0')
                at += 1
            if at == begin and power == 0:
                return NULL
            count += <int>min(at - begin, 99)
            power -= at - begin
        if count > 19:
            return NULL
        if at < end and (at[0] | 0x20) == c'e':
            is_whole = False
            at += 1
            if at < end and (at[0] == c'+' or at[0] == c'-'):
                is_minus = at[0] == c'-'
                at += 1
            begin = at
            while at < end and is_digit(at[0]) and at - begin < 6:
                exponent = 10 * exponent + (at[0] - c'0')
                at += 1
            if at == begin or (at < end and is_digit(at[0])):
                return NULL
            power += -exponent if is_minus else exponent
        if is_whole:
            if negative and digits == 0:
                return NULL  # whole numbers know no -0
            if digits >= DW_TWO_63:
                return NULL
        if not to_float64(&POWERS_OF_TEN, digits, power, negative, &self.numbers[place]):
            return NULL
        self.told[place] = HAS_VALUE
        return at

    cdef const char* _token(
        self, int column, Py_ssize_t place, const char* at, const char* end
    ) noexcept nogil:
        """Read a text, number or boolean as it stands; NULL to refuse."""
        cdef Distinct* seen = &self.distinct[column]
        cdef const char* begin = at
        cdef Slice* last
        if seen.last >= 0:  # very often the same again
            last = &seen.slices[seen.last]
            if end - at > last.length and same(at, last.text, last.length):
                if at[0] == c'"' or at[last.length] == c',' or at[last.length] == c'}':
                    self.codes[place] = seen.last
                    return at + last.length
        at = past_scalar(at, end)
        if at == NULL:
            return NULL
        if begin[0] == c'n':
            self.codes[place] = IS_NULL
            return at
        seen.last = _number_of(seen, begin, <uint32_t>(at - begin))
        if seen.last < 0:
            return NULL
        self.codes[place] = seen.last
        return at


cdef bint _is_utf8(bytes value):
    try:
        PyUnicode_DecodeUTF8(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), NULL)
    except UnicodeDecodeError:
        return False
    return True


cdef bint _make_room(Distinct* column, int32_t room) noexcept nogil:
    """Room for so many tokens (a power of two), with those it has; False if there is no memory."""
    cdef Slice* slices = <Slice*>realloc(column.slices, room * sizeof(Slice))
    cdef int32_t* table
    cdef uint32_t at
    cdef int32_t i
    if slices == NULL:
        return False
    column.slices = slices
    table = <int32_t*>realloc(column.table, 2 * room * sizeof(int32_t))
    if table == NULL:
        return False
    column.table, column.room, column.mask = table, room, <uint32_t>(2 * room - 1)
    memset(table, 0xFF, 2 * room * sizeof(int32_t))
    for i in range(column.count):
        at = slices[i].hash & column.mask
        while table[at] >= 0:
            at = (at + 1) & column.mask
        table[at] = i
    return True


cdef void _forget(Distinct* column) noexcept nogil:
    """Nothing seen. A batch with very many distinct tokens leaves no large tables behind."""
    column.count, column.last = 0, -1
    if column.room <= 4096 or not _make_room(column, 1024):
        memset(column.table, 0xFF, (column.mask + 1) * sizeof(int32_t))


cdef int32_t _number_of(Distinct* column, const char* text, uint32_t length) noexcept nogil:
    """The number of a token, a new one where it is new; -1 if there is no memory."""
    cdef uint32_t hashed = hash_of(text, length)
    cdef uint32_t at = hashed & column.mask
    cdef Slice* slice
    while column.table[at] >= 0:
        slice = &column.slices[column.table[at]]
        if slice.hash == hashed and slice.length == length and same(slice.text, text, length):
            return column.table[at]
        at = (at + 1) & column.mask
    if column.count == column.room:
        if not _make_room(column, 2 * column.room):
            return -1
        at = hashed & column.mask
        while column.table[at] >= 0:
            at = (at + 1) & column.mask
    slice = &column.slices[column.count]
    slice.text, slice.length, slice.hash = text, length, hashed
    column.table[at] = column.count
    column.count += 1
    return column.count - 1


def _flat(root):
    """All keys and objects of a tree, the keys of an object next to each other."""
    keys, objects, waiting = [], [], [root]
    made = 1
    while waiting:
        is_closed, entries = waiting.pop(0)
        objects.append((len(keys), len(entries), is_closed))
        for text, kind, place in entries:
            if kind == "node":
                waiting.append(place)
                place, made = made, made + 1
            keys.append((text, kind, place))
    return keys, objects


def nearest(digits: int, power: int, negative: bool = False) -> float | None:
    """digits x 10^power; None where only an exact computation could tell. For the tests."""
    cdef double out = 0.0
    return out if to_float64(&POWERS_OF_TEN, digits, power, negative, &out) else None
