//! Metrics of multi-camera tracking and their tables
