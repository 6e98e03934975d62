"""Arrays of text as numpy writes them, for tests/api/export.rs."""
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
np.save(HERE / "words.npy", np.array(["The", "\u200b", "boat,", "海の", "sea"]))
np.save(HERE / "neurons.npy", np.array([f"L{layer}.{unit}" for layer in range(2) for unit in range(32)]))
