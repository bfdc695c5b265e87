"""Train one linear model that predicts the forest cover type, with classes of scikit-learn only."""
