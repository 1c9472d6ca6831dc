/// Networks that write one text for another: dates in many languages to ISO dates, and any parallel text.
package dev.rondo.examples.translation;
