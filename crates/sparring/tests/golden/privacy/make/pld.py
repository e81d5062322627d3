# Epsilons by Google's dp-accounting (pip install dp-accounting==0.6.0): python make/pld.py > pld.csv
import dp_accounting as dp
from dp_accounting.pld import pld_privacy_accountant as pld

ROWS = [  # rate, sigma, steps, delta, interval
    (1, 0.3, 1, 1e-6, 1e-4), (1, 50, 1, 1e-6, 1e-6), (1, 5, 40, 1e-10, 1e-4), (1, 1, 1, 1e-12, 1e-4),
    (0.2, 1, 500, 1e-5, 1e-4), (0.001, 1, 10000, 1e-6, 1e-5), (0.0001, 0.5, 20000, 1e-6, 1e-5),
    (0.01, 0.4, 100, 1e-5, 1e-4), (0.9, 3, 50, 1e-5, 1e-4), (0.5, 50, 1000, 1e-7, 1e-5),
    (0.02, 1.2, 1, 1e-3, 1e-5), (0.05, 2, 1000, 1e-9, 1e-4), (0.3, 0.5, 10, 1e-5, 1e-4),
    (0.01, 1, 100, 1e-3, 1e-5),
]
print('# package: dp-accounting 0.6.0; command: python make/pld.py; date: 2026-11')
print('# connect-the-dots, pessimistic, at value_discretization_interval `interval`')
print('rate,sigma,steps,delta,interval,add_remove,replace_one')
for rate, sigma, steps, delta, interval in ROWS:
    found = []
    for relation in (dp.NeighboringRelation.ADD_OR_REMOVE_ONE, dp.NeighboringRelation.REPLACE_ONE):
        step = dp.GaussianDpEvent(sigma)
        if rate < 1:
            step = dp.PoissonSampledDpEvent(rate, step)
        accountant = pld.PLDAccountant(relation, value_discretization_interval=interval)
        try:
            accountant.compose(step, steps)
            found.append('%.9g' % accountant.get_epsilon(delta))
        except Exception as error:
            found.append('')
    print(','.join(map(str, (rate, sigma, steps, delta, interval))) + ',' + ','.join(found), flush=True)
