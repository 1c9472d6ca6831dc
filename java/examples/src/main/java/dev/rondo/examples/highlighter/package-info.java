/// The recipe for the network of `rondo demo`.
@NullMarked
package dev.rondo.examples.highlighter;

import org.jspecify.annotations.NullMarked;
