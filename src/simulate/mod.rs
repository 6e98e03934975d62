//! A simulated subject on disk, in the layout of BIDS and fMRIPrep, with the truth that was planted beside it.
