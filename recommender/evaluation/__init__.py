"""Evaluation: fixed protocols, standard metrics, and always a comparison with popularity and biases."""
