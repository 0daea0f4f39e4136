"""How Java 19 and newer writes a double: `DecimalFormat` (Trino's cast to varchar) and `Double.toString`."""
import math
import struct
from decimal import Decimal

# The number of bits of 5^n, for n < 27.
FIVE_BITS = [(5**n).bit_length() for n in range(27)]


def decimal_format(value):
    """`new DecimalFormat("0.0###################E0").format(value)`.

    It still goes through Java's old digit generator (`FloatingDecimal`), which always comes back to the same double,
    yet is not always the shortest: 2e23 is `1.9999999999999998E23`.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0E0"
    digits, point = floating_decimal(abs(value))
    return f"{sign}{_scientific(digits, point)}"


def to_string(value):
    """`Double.toString(value)`: the shortest digits, at least two of them, plain between 1e-3 and 1e7."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign, value = "-" if math.copysign(1, value) < 0 else "", abs(value)
    if value == 0 or 1e-3 <= value < 1e7:
        plain = format(Decimal(repr(value)), "f")
        return sign + (plain if "." in plain else plain + ".0")
    two = f"{value:.1e}"
    _, digits, exponent = Decimal(two if float(two) == value else repr(value)).normalize().as_tuple()
    return sign + _scientific("".join(map(str, digits)), exponent + len(digits))


def float_to_string(value):
    """`Float.toString` of a value that a 32-bit float holds."""
    if not math.isfinite(value) or value == 0:
        return to_string(value)
    for digits in range(2, 10):
        shorter = float(f"{value:.{digits - 1}e}")
        if struct.unpack("f", struct.pack("f", shorter))[0] == value:
            return to_string(shorter)
    return to_string(value)


def _scientific(digits, point):
    digits = digits.rstrip("0")
    return f"{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def floating_decimal(value):
    """The digits d₁d₂… of `FloatingDecimal` and the exponent of 0.d₁d₂…, for a positive, finite value."""
    bits = struct.unpack(">q", struct.pack(">d", value))[0]
    exponent, fraction, significant = bits >> 52, bits & (1 << 52) - 1, 53
    if exponent == 0:
        significant = fraction.bit_length()
        fraction <<= 53 - significant
        exponent = significant - 52
    else:
        fraction |= 1 << 52
    exponent -= 1023
    trailing = (fraction & -fraction).bit_length() - 1
    used = 53 - trailing
    tiny = max(0, used - exponent - 1)
    if -21 <= exponent <= 62 and tiny == 0 and used < 64:
        return _long_digits(fraction, exponent, significant)
    # Java's estimate of the decimal exponent, in doubles.
    mantissa = struct.unpack(">d", struct.pack(">q", 1023 << 52 | fraction & (1 << 52) - 1))[0]
    ten = math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
    b5 = m5 = max(0, -ten)
    b2 = b5 + tiny + exponent
    s5 = max(0, ten)
    s2 = s5 + tiny
    m2 = b2 - significant
    fraction >>= trailing
    b2 -= used - 1
    common = min(b2, s2)
    b2, s2, m2 = b2 - common, s2 - common, m2 - common
    if used == 1:
        m2 -= 1
    if m2 < 0:
        b2, s2, m2 = b2 - m2, s2 - m2, 0
    b_bits = used + b2 + (FIVE_BITS[b5] if b5 < len(FIVE_BITS) else b5 * 3)
    s_bits = s2 + 1 + (FIVE_BITS[s5 + 1] if s5 + 1 < len(FIVE_BITS) else (s5 + 1) * 3)
    is_long = b_bits < 64 and s_bits < 64
    b, s, m = fraction * 5**b5 << b2, 5**s5 << s2, 5**m5 << m2
    tens = s * 10

    def step(b, m):
        digit, b = divmod(b, s)
        b, m = b * 10, m * 10
        return digit, b, m, b < m, b + m > tens if is_long else b + m >= tens

    digits = []
    digit, b, m, low, high = step(b, m)
    if digit == 0 and not high:
        ten -= 1
    else:
        digits.append(digit)
    if ten < -3 or ten >= 8:
        low = high = False
    while not low and not high:
        digit, b, m, low, high = step(b, m)
        digits.append(digit)
    twice = b * 2
    if high and (not low or twice > tens or twice == tens and digits[-1] % 2):
        digits, carried = _round_up(digits)
        ten += carried
    return "".join(map(str, digits)), ten + 1


def _long_digits(fraction, exponent, significant):
    """A value that is an integer of at most 63 bits."""
    drop = 0
    if exponent > significant:
        power = exponent - significant - 1
        drop = int(power * math.log10(2)) if power > 1 else 0
    whole = fraction << exponent - 52 if exponent >= 52 else fraction >> 52 - exponent
    if drop:
        whole, rest = divmod(whole, 10**drop)
        whole += rest >= 10**drop // 2
    text = str(whole)
    return text.rstrip("0") or "0", len(text) + drop


def _round_up(digits):
    """Add one to the last digit; an overflow of all nines gives 1 and a higher exponent."""
    last = len(digits) - 1
    while last > 0 and digits[last] == 9:
        digits[last] = 0
        last -= 1
    if digits[last] == 9:
        return [1] + [0] * (len(digits) - 1), 1
    digits[last] += 1
    return digits, 0
