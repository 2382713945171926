"""Many trained networks over a grid of hyper-parameters, written as a task of the competition."""
