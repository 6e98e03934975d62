//! Every result as a picture. Nothing is computed here.
