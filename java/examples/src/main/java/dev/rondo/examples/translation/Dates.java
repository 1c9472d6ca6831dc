package dev.rondo.examples.translation;

import java.time.LocalDate;
import java.time.chrono.IsoChronology;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DecimalStyle;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Dates as people write them in many languages, from the JDK's locale data (CLDR), and as ISO 8601 has them.
///
/// A date whose month is a number, and whose year does not come first with all its digits, can be read only by
/// those who know where it was written: it has the language's tag in front, `[fr] 03/04/26`. Years are 1950 to
/// 2049, so two digits of one tell which it is. One date in ten is held out: it never occurs, in any language,
/// among those to learn from.
final class Dates {
    /// The languages.
    static final List<Locale> LOCALES = List.of(
                    "en-US", "en-GB", "de", "fr", "es", "it", "pt-BR", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu",
                    "ro", "bg", "ru", "uk", "el", "tr", "hr", "lt", "et", "ca", "ja", "ko", "zh-CN", "vi", "id", "hi",
                    "ar-EG")
            .stream()
            .map(Locale::forLanguageTag)
            .toList();

    private static final LocalDate FIRST = LocalDate.of(1950, 1, 1);
    private static final LocalDate AFTER = LocalDate.of(2050, 1, 1);
    private static final int HELD_OUT = 10; // one in so many

    /// A way to write a date.
    ///
    /// @param isTagged whether the language has to be told
    private record Form(DateTimeFormatter formatter, String tag, boolean isTagged) {
        String write(LocalDate date) {
            String text = formatter.format(date);
            return isTagged ? "[" + tag + "] " + text : text;
        }
    }

    private final List<List<Form>> forms = new ArrayList<>(); // of each locale

    Dates() {
        LOCALES.forEach(locale -> forms.add(forms(locale)));
    }

    private static List<Form> forms(Locale locale) {
        Set<String> patterns = new LinkedHashSet<>();
        for (FormatStyle style : FormatStyle.values()) {
            patterns.add(
                    DateTimeFormatterBuilder.getLocalizedDateTimePattern(style, null, IsoChronology.INSTANCE, locale));
        }
        patterns.add(DateTimeFormatterBuilder.getLocalizedDateTimePattern("yMMMEd", IsoChronology.INSTANCE, locale));
        String medium = DateTimeFormatterBuilder.getLocalizedDateTimePattern("yMMMd", IsoChronology.INSTANCE, locale);
        patterns.add(medium);
        if (medium.contains("MMM") && medium.indexOf('d') < medium.indexOf('y')) {
            patterns.add(medium.replaceFirst("y+", "yy")); // 3 Mar 26
        }
        List<Form> forms = new ArrayList<>();
        for (String pattern : patterns) {
            DateTimeFormatter formatter =
                    DateTimeFormatter.ofPattern(pattern, locale).withDecimalStyle(DecimalStyle.of(locale));
            forms.add(new Form(formatter, locale.toLanguageTag(), isAmbiguous(pattern)));
        }
        return forms;
    }

    private static boolean isAmbiguous(String pattern) {
        boolean hasName = pattern.contains("MMM") || pattern.contains("LLL");
        boolean yearFirst = pattern.matches("(y|yyyy)[^y].*");
        return !hasName && !yearFirst;
    }

    /// Whether a date is held out.
    static boolean isHeldOut(LocalDate date) {
        return Math.floorMod(date.toEpochDay() * 2_654_435_761L >>> 7, HELD_OUT) == 0;
    }

    /// A date of a language, in one of its forms.
    ///
    /// @param locale  its number
    /// @param heldOut whether the date is to be one that was held out
    Sentence draw(int locale, boolean heldOut, RandomGenerator random) {
        LocalDate date;
        do {
            date = LocalDate.ofEpochDay(random.nextLong(FIRST.toEpochDay(), AFTER.toEpochDay()));
        } while (isHeldOut(date) != heldOut);
        List<Form> own = forms.get(locale);
        return new Sentence(own.get(random.nextInt(own.size())).write(date), date.toString());
    }

    /// Dates of all languages in turn.
    List<Sentence> drawAll(int count, boolean heldOut, RandomGenerator random) {
        List<Sentence> sentences = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            sentences.add(draw(i % LOCALES.size(), heldOut, random));
        }
        return sentences;
    }

    /// Texts that have all characters of all forms in them: the days of a leap year, and a day of each other year.
    List<String> alphabet() {
        List<String> texts = new ArrayList<>();
        for (List<Form> own : forms) {
            for (Form form : own) {
                for (int day = 1; day <= 366; day++) {
                    texts.add(form.write(LocalDate.ofYearDay(2024, day)));
                }
                for (LocalDate date = FIRST; date.isBefore(AFTER); date = date.plusYears(1)) {
                    texts.add(form.write(date));
                }
            }
        }
        return texts;
    }
}
