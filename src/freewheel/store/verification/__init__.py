"""Whether everything that is kept is still what it was when it was kept; and putting right what is not."""
