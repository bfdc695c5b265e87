"""Train one binary XGBoost model: one forest cover type against all others."""
