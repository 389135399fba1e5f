# From the digits of a number to the nearest float64, as Python's `float` has it.
#
# D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021):
# w x 10^q is w x 5^q x 2^q; with the first 128 bits of 5^q the product is known so well that the
# rounding is certain, but for a few cases in billions. Those are left to somebody else.

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    typedef unsigned __int128 dw_uint128;
    static inline void dw_multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low) {
        dw_uint128 product = (dw_uint128)a * b;
        *high = (uint64_t)(product >> 64);
        *low = (uint64_t)product;
    }
    static inline int dw_leading_zeros(uint64_t word) { return __builtin_clzll(word); }
    """
    void dw_multiply(uint64_t a, uint64_t b, uint64_t* high, uint64_t* low) noexcept nogil
    int dw_leading_zeros(uint64_t word) noexcept nogil

cdef enum:
    LOWEST_POWER = -342
    HIGHEST_POWER = 308
    POWERS = 651

cdef struct Powers:
    # exact: 10^0 to 10^22, which are floats. high, low: the first 128 bits of 5^q, from q = -342.
    double[23] exact
    uint64_t[651] high
    uint64_t[651] low


cdef inline bint to_float64(
    const Powers* powers, uint64_t w, int64_t q, bint negative, double* out
) noexcept nogil:
    """w x 10^q, to the nearest; False where that is not certain, or is not normal."""
    cdef uint64_t upper, lower, correction, rest, mantissa, bits
    cdef int zeros, upper_bit, shift
    cdef int64_t power
    if w <= (<uint64_t>1 << 53) and -22 <= q <= 22:
        # Both are floats, so the one operation rounds once (Clinger 1990).
        out[0] = <double>w * powers.exact[q] if q >= 0 else <double>w / powers.exact[-q]
        if negative:
            out[0] = -out[0]
        return True
    if w == 0 or q < LOWEST_POWER or q > HIGHEST_POWER:
        return False
    zeros = dw_leading_zeros(w)
    w <<= zeros
    dw_multiply(w, powers.high[q - LOWEST_POWER], &upper, &lower)
    if upper & 0x1FF == 0x1FF:  # the other half of the power may carry into the bits that count
        dw_multiply(w, powers.low[q - LOWEST_POWER], &correction, &rest)
        lower += correction
        if lower < correction:
            upper += 1
    if ~lower == 0 and (q < -27 or q > 55):
        return False
    upper_bit = <int>(upper >> 63)
    shift = upper_bit + 9
    mantissa = upper >> shift
    power = ((217706 * q) >> 16) + 63 + upper_bit - zeros + 1023
    if power <= 0:
        return False
    # Exactly between two floats: to the even one.
    if lower <= 1 and -4 <= q <= 23 and mantissa & 3 == 1 and mantissa << shift == upper:
        mantissa &= ~<uint64_t>1
    mantissa += mantissa & 1
    mantissa >>= 1
    if mantissa >= (<uint64_t>1 << 53):
        mantissa = <uint64_t>1 << 52
        power += 1
    if power >= 2047:
        return False
    bits = (mantissa & ~(<uint64_t>1 << 52)) | (<uint64_t>power << 52)
    if negative:
        bits |= <uint64_t>1 << 63
    memcpy(out, &bits, 8)
    return True
