/// Writing with a trained encoder and decoder: greedy, by sampling, and by beam search.
package dev.rondo.decode;
