//! Networks that look at pictures: person detectors, re-ID embedders, their weights
