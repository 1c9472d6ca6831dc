package dev.rondo.cli;

import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The words that an option takes, in any case, and offers in its description. An option names a subclass as its
/// converter and as its completion candidates; picocli's own would offer the names of constants.
///
/// @param <T> what the words stand for
abstract class Words<T> implements ITypeConverter<T>, Iterable<String> {
    private final Map<String, T> meanings;

    /// Words for constants.
    @SafeVarargs
    Words(T... constants) {
        meanings = new LinkedHashMap<>();
        for (T constant : constants) {
            meanings.put(of(constant), constant);
        }
    }

    /// Words of one's own, in lower case.
    Words(Map<String, T> meanings) {
        this.meanings = meanings;
    }

    /// A constant's word: its name in lower case, with hyphens.
    static String of(Object constant) {
        return constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public T convert(String word) {
        T meaning = meanings.get(word.toLowerCase(Locale.ROOT));
        if (meaning == null) {
            throw new TypeConversionException("expected one of " + meanings.keySet() + " but was '" + word + "'");
        }
        return meaning;
    }

    @Override
    public Iterator<String> iterator() {
        return Collections.unmodifiableSet(meanings.keySet()).iterator();
    }
}
