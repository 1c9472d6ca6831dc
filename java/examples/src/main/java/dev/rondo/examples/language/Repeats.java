package dev.rondo.examples.language;

/// Where the last bytes of a text were before, and so what might come next: the byte that followed there.
///
/// Only the last 32 KiB are looked at, as gzip does. A place is found by its last five bytes, the latest one first, and
/// followed as long as it goes on as the text does.
///
/// Source: the match model of Mahoney's PAQ (2002).
///
/// Threads: one.
final class Repeats {
    private static final int SHORTEST = 5;
    private static final int LONGEST = 32; // more are all alike
    private static final int WINDOW = 1 << 15;
    private static final int BYTES = 256;
    private static final int LENGTHS = 4; // 5 to 7, 8 to 15, 16 to 31, 32
    private static final int TABLE_BITS = 20;

    /// How many guesses there are, none included.
    static final int COUNT = 1 + LENGTHS * BYTES;

    private final byte[] text;
    private final int[] ends = new int[1 << TABLE_BITS]; // after the last such five bytes, by their hash; 0 for none
    private int position;
    private int source; // of the guessed byte; 0 for none
    private int length; // of what is equal before it

    /// @param text of which only what is before the position is read
    Repeats(byte[] text) {
        this.text = text;
    }

    /// The guesses at all positions of a text.
    static short[] of(byte[] text) {
        Repeats repeats = new Repeats(text);
        short[] guesses = new short[text.length];
        for (int i = 0; i < text.length; i++) {
            guesses[i] = (short) repeats.guess();
            repeats.advance();
        }
        return guesses;
    }

    /// What the byte at the position might be, and how long the equal bytes are that say so; 0 for no idea.
    int guess() {
        if (source == 0) {
            return 0;
        }
        int lengths = Math.max(0, 29 - Integer.numberOfLeadingZeros(length));
        return 1 + lengths * BYTES + (text[source] & 0xff);
    }

    /// Goes to the next position: the byte at this one is known now.
    void advance() {
        boolean goesOn = source != 0 && text[source] == text[position];
        position++;
        source = goesOn ? source + 1 : 0;
        length = goesOn ? Math.min(LONGEST, length + 1) : 0;
        if (position < SHORTEST) {
            return;
        }
        int place = hash();
        if (source == 0 && ends[place] != 0 && position - ends[place] <= WINDOW) {
            int equal = equalBytes(ends[place]);
            if (equal >= SHORTEST) {
                source = ends[place];
                length = equal;
            }
        }
        ends[place] = position;
    }

    private int hash() {
        long last = 0;
        for (int i = position - SHORTEST; i < position; i++) {
            last = last << 8 | text[i] & 0xff;
        }
        return (int) (last * 0x9E3779B97F4A7C15L >>> Long.SIZE - TABLE_BITS);
    }

    private int equalBytes(int end) {
        int equal = 0;
        while (equal < LONGEST && equal < end && text[end - 1 - equal] == text[position - 1 - equal]) {
            equal++;
        }
        return equal;
    }
}
