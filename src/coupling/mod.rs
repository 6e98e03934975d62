//! Where the two sides meet: which pattern, and which neurons, belong to which network.
