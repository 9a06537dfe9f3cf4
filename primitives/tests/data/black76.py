#!/usr/bin/env python3
"""Reference values for clearproof-primitives' option mathematics, at 50 digits with mpmath 1.3.

    python3 black76.py                  rewrites black76.json beside this script (some seconds)
    python3 black76.py --tables         prints src/options/math/tables.rs

Every input is an integer in the format that the library takes, so that the reference is of exactly the value that the
library sees: prices, volatility and discount with 32 fraction bits, time in milliseconds, a year of 365 days.
"""

import json
import pathlib
import random
import sys

from mpmath import chebyfit, erfc, exp, inf, ln, mp, mpf, nstr, pi, sqrt

mp.dps = 50
ONE = 1 << 32
DAY = 86_400_000
YEAR = 365 * DAY
PIVOT, SEGMENTS, DEGREE, EXP_DEGREE = 4, 8, 11, 13


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def pdf(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def mills(z):
    """N(-z)/n(z): by erfc, and for large z by the asymptotic series (Abramowitz & Stegun 7.1.23)."""
    if z < 30:
        return sqrt(pi / 2) * exp(z * z / 2) * erfc(z / sqrt(mpf(2)))
    term = total = mpf(1)
    for k in range(1, 200):
        term *= -(2 * k - 1) / (z * z)
        if abs(term) < mpf(10) ** -48:
            break
        total += term
    return total / z


def tables():
    """Near-minimax polynomials in the local variable u of [-1, 1), lowest degree first, 62 fraction bits."""

    def fit(f, degree):
        ascending = reversed(chebyfit(f, [-1, 1], degree + 1))
        return [int(mp.nint(c * 2**62)) for c in ascending]

    def rows(values, indent):
        return "\n".join(f"{indent}{v:_}," for v in values)

    print("//! Polynomial coefficients, printed by `tests/data/black76.py --tables` (Chebyshev fits at 50 digits).\n")
    print("/// `2^(f-1)` for f in [0, 1): degree 13 in `u = 2f - 1`, lowest first, 62 fraction bits; error 2^-71.")
    print(f"pub(super) const EXP2: [i64; {EXP_DEGREE + 1}] = [")
    print(rows(fit(lambda u: mpf(2) ** ((u + 1) / 2 - 1), EXP_DEGREE), "    "))
    print("];\n")
    print("/// Mills' ratio `N(-z)/n(z)` as a function of `t = 4/(z+4)`: row j holds for t in [j/8, (j+1)/8),")
    print("/// degree 11 in `u = 16t - 2j - 1`, lowest first, 62 fraction bits; error 2^-63.4.")
    print(f"pub(super) const MILLS: [[i64; {DEGREE + 1}]; {SEGMENTS}] = [")
    for j in range(SEGMENTS):

        def local(u, j=j):
            t = (u + 2 * j + 1) / (2 * SEGMENTS)
            return mills(PIVOT / t - PIVOT) if t > 0 else mpf(0)

        print("    [")
        print(rows(fit(local, DEGREE), "        "))
        print("    ],")
    print("];")


def reference(forward, strike, volatility, time_ms, discount):
    """Call and put, and the call's delta, gamma, vega, theta per year, in units (not raw)."""
    f, k, v, d = (mpf(x) / ONE for x in (forward, strike, volatility, discount))
    t = mpf(time_ms) / YEAR
    s = v * sqrt(t)
    if s == 0:
        d1 = d2 = mpf(0) if f == k else (inf if f > k else -inf)
    else:
        d1 = ln(f / k) / s + s / 2
        d2 = d1 - s
    n = (lambda x: mpf(x > 0)) if abs(d1) == inf else cdf
    call = d * (f * n(d1) - k * n(d2))
    put = d * (k * n(-d2) - f * n(-d1))
    density = mpf(0) if abs(d1) == inf else pdf(d1)
    gamma = d * density / (f * s) if s else mpf(0)
    vega = f * d * density * sqrt(t)
    theta = mpf(0)
    if t:
        theta = -f * d * density * v / (2 * sqrt(t)) - ln(d) / t * call
    return call, put, d * n(d1), gamma, vega, theta


def fixed_text(value, bits):
    return str(int(mp.nint(value * mpf(2) ** bits)))


def point(forward, strike, volatility, time_ms, discount):
    """Inputs raw; call and put with 48 fraction bits, delta with 70, the other greeks as floating point."""
    call, put, delta, *others = reference(forward, strike, volatility, time_ms, discount)
    exact = [fixed_text(call, 48), fixed_text(put, 48), fixed_text(delta, 70)]
    return [str(forward), str(strike), volatility, time_ms, discount] + exact + [float(nstr(x, 15)) for x in others]


def points():
    rng = random.Random(76)
    minute, five_years = 60_000, 5 * YEAR
    fixed = lambda x: int(mpf(x) * ONE)
    # Corners and a grid of the domain that the error bound is promised for.
    for ratio in ("0.01", "0.1", "0.5", "0.9", "0.99", "0.9999", "1", "1.0001", "1.01", "1.1", "2", "10", "100"):
        for vol in ("0.01", "0.1", "0.5", "1", "2", "5"):
            for time_ms in (minute, 3_600_000, DAY, 30 * DAY, YEAR, five_years):
                for forward in (fixed(1), fixed(65_432)):
                    strike = int(mpf(forward) * mpf(ratio))
                    discount = ONE if forward == fixed(1) else fixed("0.95")
                    yield forward, strike, fixed(vol), time_ms, discount
    # Random inside that domain, logarithmic in every argument.
    for _ in range(1_500):
        forward = int(mpf(2) ** rng.uniform(20, 80))
        strike = int(mpf(forward) * mpf(10) ** rng.uniform(-2, 2))
        vol = int(ONE * mpf(10) ** rng.uniform(-2, 0.69897))
        time_ms = int(mpf(minute) * (mpf(five_years) / minute) ** rng.uniform(0, 1))
        yield forward, max(strike, 1), vol, time_ms, rng.randint(ONE // 2, ONE)
    # Strikes within a few standard deviations, where prices have most to lose.
    for _ in range(1_000):
        forward = int(mpf(2) ** rng.uniform(32, 60))
        vol = int(ONE * mpf(10) ** rng.uniform(-2, 0.69897))
        time_ms = int(mpf(minute) * (mpf(five_years) / minute) ** rng.uniform(0, 1))
        s = mpf(vol) / ONE * sqrt(mpf(time_ms) / YEAR)
        strike = int(mpf(forward) * exp(s * mpf(rng.gauss(0, 3))))
        yield forward, min(max(strike, 1), 2**95 - 1), vol, time_ms, rng.randint(ONE // 2, ONE)
    # The whole range of types: tiny and huge prices, any volatility up to 6,400 %, any time up to ten years.
    for _ in range(400):
        forward, strike = rng.randint(1, 2 ** rng.randint(1, 95) - 1), rng.randint(1, 2 ** rng.randint(1, 95) - 1)
        yield forward, strike, rng.randint(0, 64 * ONE), rng.randint(0, 10 * YEAR), rng.randint(1, ONE)


def functions():
    """N, n, Mills' ratio, exp and ln at arguments in the library's formats; values with 70 fraction bits."""
    rng = random.Random(1969)
    xs = sorted({0, 1, -1, 10 << 58, -(10 << 58)} | {rng.randint(-(10 << 58), 10 << 58) for _ in range(400)})
    exps = sorted({0, 1, -1, 43 << 64, -(45 << 64)} | {rng.randint(-(45 << 64), 43 << 64) for _ in range(400)})
    lns = [(rng.randint(1, 2 ** rng.randint(1, 127)), rng.randint(1, 2 ** rng.randint(1, 127))) for _ in range(400)]
    lns += [(3 << 40, 3 << 40), ((1 << 60) + 1, 1 << 60), (7 << 50, 5 << 50), (5 << 50, 7 << 50), (2**128 - 1, 1)]
    one = mpf(2) ** 58
    return {
        "normal": [[x, fixed_text(cdf(x / one), 70), fixed_text(pdf(x / one), 70)] for x in xs],
        "mills": [[x, fixed_text(mills(x / one), 70)] for x in xs if x >= 0],
        "exp": [[str(x), fixed_text(exp(mpf(x) / 2**64), 70)] for x in exps],
        "ln": [[str(a), str(b), fixed_text(ln(mpf(a) / b), 70)] for a, b in lns],
    }


def main():
    if sys.argv[1:] == ["--tables"]:
        tables()
        return
    data = {"functions": functions(), "black76": [point(*p) for p in points()]}
    target = pathlib.Path(__file__).with_suffix(".json")
    lines = json.dumps(data, separators=(",", ":")).replace("],[", "],\n[")
    target.write_text(lines + "\n")
    print(f"{target.name}: {len(data['black76'])} options")


if __name__ == "__main__":
    main()
