# Renyi divergences of one step by quadrature with 40 digits (pip install mpmath==1.3.0):
# python make/renyi.py > renyi.csv
import mpmath as mp

mp.mp.dps = 40
ROWS = [(0.01, 1.0, 1.5), (0.01, 1.0, 16), (0.1, 0.8, 1.25), (0.1, 0.8, 6), (0.001, 0.6, 4.4), (0.5, 20, 4.8),
        (0.9, 0.4, 3.3), (0.9, 0.4, 40), (1e-5, 0.5, 2.7), (0.05, 50, 63), (0.3, 2, 1.1), (0.02, 0.3, 2.5)]
print('# package: mpmath ' + mp.__version__ + '; command: python make/renyi.py; date: 2026-11')
print('rate,sigma,order,divergence')
for rate, sigma, order in ROWS:
    q, s, a = mp.mpf(str(rate)), mp.mpf(str(sigma)), mp.mpf(str(order))
    density = lambda x: mp.exp(-x * x / (2 * s * s)) / (s * mp.sqrt(2 * mp.pi))
    excess = lambda x: density(x) * ((1 - q + q * mp.exp((2 * x - 1) / (2 * s * s))) ** a - 1)
    ends = mp.linspace(-15 * s, a + 15 * s, int(40 + (a + 30 * s) / s))
    print('%s,%s,%s,%s' % (rate, sigma, order, mp.nstr(mp.log1p(mp.quad(excess, ends)) / (a - 1), 14)), flush=True)
