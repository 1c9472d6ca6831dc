package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.examples.Corpus;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WholeFilesTest {
    private static Confusion oneByOne(Highlighter highlighter, Corpus corpus) {
        Confusion confusion = new Confusion();
        try (Model model = Model.of(highlighter, Input.ids("ids", "N", "T"))) {
            for (Corpus.Text text : corpus.texts()) {
                byte[] classes = Tagger.classes(text.bytes());
                long[] ids = new long[classes.length];
                for (int t = 0; t < ids.length; t++) {
                    ids[t] = text.bytes()[t] & 0xff;
                }
                try (Session session = model.session(Shape.of(1, ids.length))) {
                    session.input().copyFrom(ids);
                    session.run();
                    float[] scores = session.output().toFloatArray();
                    for (int t = 0; t < ids.length; t++) {
                        int best = 0;
                        for (int c = 1; c < 10; c++) {
                            best = scores[10 * t + c] > scores[10 * t + best] ? c : best;
                        }
                        confusion.add(classes[t], best);
                    }
                }
            }
        }
        return confusion;
    }

    @Test
    void togetherAsOneByOne() {
        Corpus corpus = Sources.corpus(1, 0, 2, 5, 0, 3, 1, 0);
        Highlighter highlighter = new Highlighter();
        highlighter.initialize(3);
        List<Long> progress = new ArrayList<>();

        WholeFiles files = new WholeFiles(corpus);
        Confusion together = files.judge(highlighter, 2, progress::add);

        assertEquals(corpus.byteSize(), files.byteSize());
        assertEquals(corpus.byteSize(), together.total());
        assertEquals(corpus.byteSize(), progress.getLast());
        assertEquals(oneByOne(highlighter, corpus).table(), together.table());
    }

    @Test
    void countsConfusions() {
        Confusion confusion = new Confusion();
        for (int i = 0; i < 6; i++) {
            confusion.add(TokenClass.COMMENT.ordinal(), TokenClass.COMMENT.ordinal());
        }
        confusion.add(TokenClass.STRING.ordinal(), TokenClass.STRING.ordinal());
        confusion.add(TokenClass.STRING.ordinal(), TokenClass.COMMENT.ordinal());
        confusion.add(TokenClass.TYPE.ordinal(), TokenClass.STRING.ordinal());
        Confusion more = new Confusion();
        more.add(TokenClass.TYPE.ordinal(), TokenClass.TYPE.ordinal());
        confusion.add(more);

        assertEquals(10, confusion.total());
        assertEquals(0.8, confusion.accuracy(), 1e-12);
        assertEquals(0.5, confusion.accuracyWithinCode(), 1e-12);
        assertEquals(6.0 / 7, confusion.precision(TokenClass.COMMENT), 1e-12);
        assertEquals(0.5, confusion.recall(TokenClass.STRING), 1e-12);
        assertEquals(0.5, confusion.precision(TokenClass.STRING), 1e-12);
        assertTrue(confusion.table().contains("| type | 2 | 50.00 | 100.00 |\n"), confusion.table());
    }
}
