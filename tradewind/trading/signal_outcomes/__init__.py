"""What became of decisions about signals: marks, calibration of models, calibrated confidences."""
