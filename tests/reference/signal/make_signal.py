"""Courses filtered by nilearn's Butterworth filter, and cleaned with it.
Made with numpy 2.4.6, scipy 1.17.1, nilearn 0.14.1. Run in this folder: python make_signal.py
"""
import numpy as np
from nilearn.signal import butterworth, clean

rng = np.random.default_rng(3)
courses = np.cumsum(rng.standard_normal((120, 4)), 0) + 50
np.save("courses.npy", courses)
for name, high, low in (("low", None, 0.1), ("high", 0.01, None), ("band", 0.01, 0.08), ("wide", 0.005, 0.24)):
    np.save(f"{name}.npy", butterworth(courses, sampling_rate=0.5, high_pass=high, low_pass=low, copy=True))
confounds = np.cumsum(rng.standard_normal((120, 3)), 0)
np.save("confounds.npy", confounds)
cleaned = clean(courses, confounds=confounds, filter="butterworth", high_pass=0.01, low_pass=0.08, t_r=2.0,
                detrend=True, standardize="zscore_sample")
np.save("cleaned_band.npy", cleaned)
