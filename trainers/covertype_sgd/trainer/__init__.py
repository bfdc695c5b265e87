"""Trains one linear model that tells all forest cover types apart, of scikit-learn classes alone."""
