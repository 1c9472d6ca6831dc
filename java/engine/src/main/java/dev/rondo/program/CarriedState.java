package dev.rondo.program;

/// What a program hands on from run to run: one value before a run, the other after it, of the same shape and
/// each with memory of its own, which change places when a run has succeeded.
///
/// @param name   what it belongs to: `encoder.lstm.h_l0`
/// @param before (N, …), an input of the program that is zero at first
/// @param after  (N, …), computed
record CarriedState(String name, Value before, Value after) {}
