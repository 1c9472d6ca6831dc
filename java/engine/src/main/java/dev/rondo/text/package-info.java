/// Text as ids of a vocabulary, and back.
package dev.rondo.text;
